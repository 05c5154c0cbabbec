// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

/** Where a text can be cut so that its parts have the tokens of the whole. */
public interface CutRule {
  /** What a cut does. */
  enum Cut {
    /** Not here: the tokens could be others. */
    NONE,
    /** The second part begins with the character behind the place. */
    BEFORE,
    /** That character is left out; the tokenizer puts it in front of every text. */
    INSTEAD
  }

  /** Nowhere. */
  CutRule NOWHERE = (before, after, next) -> Cut.NONE;

  /**
   * A place between two characters.
   *
   * @param before the character in front of the place
   * @param after the character behind it
   * @param next the character behind that
   */
  Cut between(char before, char after, char next);
}
