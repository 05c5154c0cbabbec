// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import dev.awp.AwpException;

/** Text to token ids and back. */
public interface Tokenizer extends AutoCloseable {
  /**
   * The tokens of a text, with the special tokens that the tokenizer puts around it.
   *
   * @throws AwpException where the text is too long for the Java heap
   */
  int[] encode(String text);

  /**
   * The tokens of a text without special tokens around it: of a part of a text, or of one that has
   * them already.
   *
   * @throws AwpException where the text is too long for the Java heap
   */
  int[] encodeInner(String text);

  /** The text of tokens, special tokens left out. */
  String decode(int[] tokens);

  @Override
  void close();
}
