// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a block of GGUF's tensor types stands for, type by type, in the float32 arithmetic of
 * llama.cpp. Here are the types without a codebook of vectors; knows no list of types.
 */
package dev.awp.gguf.decode;
