// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * llama.cpp's mixtures of tensor types, by the names that llama-quantize has for them. Knows sizes
 * of models as numbers, and no files.
 */
package dev.awp.gguf.mix;
