// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import dev.awp.AwpException;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The tokens of documents, one document after the other. Its arrays are not to be written. */
public final class TokenStream {
  private final int[] tokens;
  private final int[] starts;
  private final TokenWeights weights;
  private final int[] begin;

  /**
   * A stream over the given arrays.
   *
   * @param tokens of all documents
   * @param starts where each document begins, strictly ascending; one without tokens has no start
   * @param weights one a token
   * @param begin what every window begins with; a document that begins with it does not get it
   *     twice
   */
  public TokenStream(int[] tokens, int[] starts, TokenWeights weights, int... begin) {
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
    this.begin = begin;
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

  /** The window of that many tokens whose text begins at a place. */
  public TokenWindow window(int from, int length) {
    int before = begins(from) ? 0 : begin.length;
    int to = from + length - before;
    int[] all = new int[length];
    System.arraycopy(begin, 0, all, 0, before);
    System.arraycopy(tokens, from, all, before, to - from);
    int[] borders =
        IntStream.range(firstStart(from), firstStart(to))
            .map(i -> starts[i] - from + before)
            .toArray();
    TokenWeights own = weights.range(from, to);
    return new TokenWindow(
        all,
        before == 0 ? own : TokenWeights.join(List.of(TokenWeights.ones(before), own)),
        borders);
  }

  /** Whether a document that begins at a place begins as every window does. */
  private boolean begins(int place) {
    return Arrays.binarySearch(starts, place) >= 0
        && place + begin.length <= tokens.length
        && Arrays.equals(tokens, place, place + begin.length, begin, 0, begin.length);
  }

  /** Whether the windows of another stream begin with the same tokens. */
  public boolean beginsAs(TokenStream other) {
    return Arrays.equals(begin, other.begin);
  }

  /** Tokens of the text that a window takes at least. */
  public int step(int length) {
    if (length <= begin.length) {
      throw new AwpException(
          "windows of %s tokens have no room for a text behind the %s that every one begins with (--windows papers leaves them out)"
              .formatted(length, begin.length));
    }
    return length - begin.length;
  }

  /** Where the texts of windows begin that follow each other; a last partial one is dropped. */
  public int[] slots(int from, int length) {
    int step = step(length);
    IntStream.Builder slots = IntStream.builder();
    int at = from;
    while (true) {
      int end = at + (begins(at) ? length : step);
      if (end > tokens.length) {
        return slots.build().toArray();
      }
      slots.add(at);
      at = end;
    }
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
    int[] slots = slots(0, length);
    return new AbstractList<>() {
      @Override
      public TokenWindow get(int index) {
        return window(slots[index], length);
      }

      @Override
      public int size() {
        return slots.length;
      }
    };
  }
}
