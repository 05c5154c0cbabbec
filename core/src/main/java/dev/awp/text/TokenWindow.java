// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

/**
 * A piece of a {@link TokenStream}. The arrays are not to be written.
 *
 * @param tokens in their order
 * @param weights one a token
 * @param borders places of the tokens that a document begins with, ascending; the first token is
 *     among them only where the window does not begin within a document
 */
public record TokenWindow(int[] tokens, TokenWeights weights, int[] borders) {
  public TokenWindow {
    if (weights.size() != tokens.length) {
      throw new IllegalArgumentException(
          "%d weights for a window of %d tokens".formatted(weights.size(), tokens.length));
    }
  }

  /** Plain tokens from within a document. */
  public static TokenWindow of(int... tokens) {
    return new TokenWindow(tokens, TokenWeights.ones(tokens.length), new int[0]);
  }

  /** Number of tokens. */
  public int length() {
    return tokens.length;
  }
}
