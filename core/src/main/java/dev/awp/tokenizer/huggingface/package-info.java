// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Tokenizers from tokenizer.json, or vocab.json and merges.txt, by the Hugging Face library,
 * without network.
 */
package dev.awp.tokenizer.huggingface;
