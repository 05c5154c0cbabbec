// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
/**
 * GGUF version 3, the file of llama.cpp: writer, reader, block codecs, tensor names and metadata.
 * Layouts are those of ggml's gguf.cpp, ggml-common.h and ggml-quants.c.
 */
package dev.awp.format.gguf;
