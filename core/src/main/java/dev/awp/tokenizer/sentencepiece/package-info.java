// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** Tokenizers from SentencePiece's tokenizer.model, BPE and unigram. */
package dev.awp.tokenizer.sentencepiece;
