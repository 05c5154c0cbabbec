// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Grids whose codes name vectors of a codebook: the codebooks, and which of their vectors is
 * nearest. Knows no bytes: how blocks are stored is dev.awp.gguf.codebook's.
 */
package dev.awp.constraint.codebook;
