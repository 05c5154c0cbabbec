// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The grids of GGUF's blocks. Knows no bytes: how blocks are stored is dev.awp.gguf.codec's. */
package dev.awp.constraint.block;
