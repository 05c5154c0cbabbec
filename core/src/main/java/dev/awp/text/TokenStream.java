// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import dev.awp.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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

  /** Plain documents, every token of which counts. */
  public static TokenStream of(Stream<String> documents, Tokenizer tokenizer) {
    List<int[]> parts = new ArrayList<>();
    documents.map(tokenizer::encode).filter(part -> part.length > 0).forEach(parts::add);
    int[] starts = new int[parts.size()];
    int total = 0;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = total;
      total = Math.addExact(total, parts.get(i).length);
    }
    int[] all = new int[total];
    for (int i = 0; i < starts.length; i++) {
      System.arraycopy(parts.get(i), 0, all, starts[i], parts.get(i).length);
    }
    return new TokenStream(all, starts, TokenWeights.ones(total));
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

  /** Non-overlapping windows of that many tokens; a last partial one is dropped. */
  public List<TokenWindow> windows(int length) {
    return IntStream.range(0, tokens.length / length)
        .mapToObj(i -> window(i * length, length))
        .toList();
  }
}
