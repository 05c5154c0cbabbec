// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.Reader;
import java.util.List;
import java.util.function.Consumer;

/** Text to token ids and back. */
public interface Tokenizer extends AutoCloseable {
  /**
   * The tokens of a text, with the special tokens that the tokenizer puts around it.
   *
   * @throws AwpException where the text is too long for memory, and has no place to be cut
   */
  int[] encode(String text);

  /**
   * The tokens of a text that is too long for the heap, with the special tokens around it.
   *
   * @param text read piece by piece where the tokenizer can
   * @param tokens receives the tokens of one piece after the other
   * @throws AwpException where the text cannot be read, or cannot be cut into pieces
   */
  default void encode(Reader text, Consumer<int[]> tokens) {
    try {
      tokens.accept(encode(text.readAllAsString()));
    } catch (IOException e) {
      throw new AwpException("a text cannot be read on: " + e.getMessage(), e);
    }
  }

  /** The text of tokens, special tokens left out. */
  String decode(int[] tokens);

  /** What was assumed or left out when it was opened: a sentence each. */
  default List<String> warnings() {
    return List.of();
  }

  @Override
  void close();
}
