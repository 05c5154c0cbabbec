// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The seam of tokenizers: text to token ids and back. Knows no file of one. */
package dev.awp.tokenizer;
