// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What decoders of GGUF's blocks share, in the float32 arithmetic of llama.cpp: their seam, and
 * numbers of several bytes. Knows no type.
 */
package dev.awp.gguf.decode;
