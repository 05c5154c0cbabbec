// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import java.util.stream.IntStream;

/** What the experts of a block add to the hidden states of the tokens that are sent to them. */
public final class ExpertUse {
  private final double[] tokens;
  private final double[] added;

  ExpertUse(int experts) {
    this.tokens = new double[experts];
    this.added = new double[experts];
  }

  /**
   * Adds what an expert does for a token.
   *
   * @param weight what the token counts
   * @param norm of what is added
   */
  void add(int expert, double weight, double norm) {
    tokens[expert] += weight;
    added[expert] += weight * norm;
  }

  /** Adds what the same experts do for other tokens. */
  public void add(ExpertUse other) {
    for (int e = 0; e < tokens.length; e++) {
      tokens[e] += other.tokens[e];
      added[e] += other.added[e];
    }
  }

  /** The mean norm of what each expert adds to a token that is sent to it; 0 where none is. */
  public double[] means() {
    return IntStream.range(0, tokens.length)
        .mapToDouble(e -> tokens[e] > 0 ? added[e] / tokens[e] : 0)
        .toArray();
  }
}
