// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The bytes of every GGUF block type, packed and unpacked. Knows no file. */
package dev.awp.gguf.block;
