// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** The tokens of documents, one document after the other. Its arrays are not to be written. */
public final class TokenStream {
  private final int[] tokens;
  private final int[] starts;
  private final TokenWeights weights;

  /**
   * A stream over the given arrays.
   *
   * @param tokens of all documents
   * @param starts where each document begins, strictly ascending; one without tokens has no start
   * @param weights one a token
   */
  public TokenStream(int[] tokens, int[] starts, TokenWeights weights) {
    if (weights.size() != tokens.length) {
      throw new IllegalArgumentException(
          "%s weights for %s tokens".formatted(weights.size(), tokens.length));
    }
    for (int i = 0; i < starts.length; i++) {
      if (starts[i] < 0 || starts[i] >= tokens.length || (i > 0 && starts[i] <= starts[i - 1])) {
        throw new IllegalArgumentException(
            "document %s begins at %s of %s tokens".formatted(i, starts[i], tokens.length));
      }
    }
    this.tokens = tokens;
    this.starts = starts;
    this.weights = weights;
  }

  public int[] tokens() {
    return tokens;
  }

  public int[] starts() {
    return starts;
  }

  public TokenWeights weights() {
    return weights;
  }

  /** Number of tokens. */
  public int length() {
    return tokens.length;
  }

  /** The window of that many tokens that begins at a place. */
  public TokenWindow window(int from, int length) {
    int to = from + length;
    int[] borders =
        IntStream.range(firstStart(from), firstStart(to)).map(i -> starts[i] - from).toArray();
    return new TokenWindow(Arrays.copyOfRange(tokens, from, to), weights.range(from, to), borders);
  }

  /** Index of the first document that begins at a place or behind it. */
  private int firstStart(int place) {
    int found = Arrays.binarySearch(starts, place);
    return found < 0 ? -found - 1 : found;
  }

  /**
   * Non-overlapping windows of that many tokens; a last partial one is dropped. Made when looked
   * at.
   */
  public List<TokenWindow> windows(int length) {
    int count = tokens.length / length;
    return new AbstractList<>() {
      @Override
      public TokenWindow get(int index) {
        return window(Objects.checkIndex(index, count) * length, length);
      }

      @Override
      public int size() {
        return count;
      }
    };
  }
}
