// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The tokenizer as a GGUF file holds it: made from that of a model folder, and back. */
package dev.awp.gguf.tokenizer;
