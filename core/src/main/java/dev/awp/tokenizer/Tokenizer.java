// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import dev.awp.AwpException;
import java.util.List;

/** Text to token ids and back. */
public interface Tokenizer extends AutoCloseable {
  /**
   * The tokens of a text, with the special tokens that the tokenizer puts around it.
   *
   * @throws AwpException where the text is too long for memory, and has no place to be cut
   */
  int[] encode(String text);

  /**
   * The tokens of a text without special tokens around it: of a part of a text, or of one that has
   * them already.
   *
   * @throws AwpException as above
   */
  int[] encodeInner(String text);

  /** The tokens that are put before a text; none where they cannot be told apart from its own. */
  int[] begin();

  /** The text of tokens, special tokens left out. */
  String decode(int[] tokens);

  /** What was assumed or left out when it was opened: a sentence each. */
  default List<String> warnings() {
    return List.of();
  }

  @Override
  void close();
}
