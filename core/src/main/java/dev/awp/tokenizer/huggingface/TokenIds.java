// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

/** The Hugging Face library, as far as it is used: in this process, or in one of its own. */
interface TokenIds extends AutoCloseable {
  /** The tokens of a text; with or without the special tokens that are put around it. */
  int[] encode(String text, boolean withSpecial);

  /** The text of tokens, special tokens left out. */
  String decode(int[] tokens);

  @Override
  void close();
}
