// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

/** A piece of a {@link TokenStream}. Its arrays are not to be written. */
public final class TokenWindow {
  private final int[] tokens;
  private final TokenWeights weights;
  private final int[] borders;

  /**
   * A window over the given arrays.
   *
   * @param tokens in their order
   * @param weights one a token
   * @param borders places of the tokens that a document begins with, ascending; the first token is
   *     among them only where the window does not begin within a document
   */
  public TokenWindow(int[] tokens, TokenWeights weights, int[] borders) {
    if (weights.size() != tokens.length) {
      throw new IllegalArgumentException(
          "%s weights for a window of %s tokens".formatted(weights.size(), tokens.length));
    }
    this.tokens = tokens;
    this.weights = weights;
    this.borders = borders;
  }

  /** Plain tokens from within a document. */
  public static TokenWindow of(int... tokens) {
    return new TokenWindow(tokens, TokenWeights.ones(tokens.length), new int[0]);
  }

  /** Number of tokens. */
  public int length() {
    return tokens.length;
  }

  public int[] tokens() {
    return tokens;
  }

  public TokenWeights weights() {
    return weights;
  }

  public int[] borders() {
    return borders;
  }
}
