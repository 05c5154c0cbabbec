// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * GGUF's types whose codes name vectors of a codebook, of eight columns or four: what their blocks
 * stand for, in the float32 arithmetic of llama.cpp, and how they are packed.
 */
package dev.awp.gguf.codebook;
