// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import dev.awp.AwpException;
import java.util.Arrays;
import java.util.List;

/**
 * How much each of some tokens counts: 1 in plain text, 0 where a mask leaves a token out. Weights
 * that are all 1 take no memory.
 */
public final class TokenWeights {
  /** Never written, so that ranges share it; empty where all weights are 1. */
  private final float[] weights;

  private final int from;
  private final int size;

  private TokenWeights(float[] weights, int from, int size) {
    this.weights = weights;
    this.from = from;
    this.size = size;
  }

  /** Weights of 1. */
  public static TokenWeights ones(int size) {
    return new TokenWeights(new float[0], 0, size);
  }

  /**
   * Given weights, which are copied.
   *
   * @throws AwpException where one is not finite, or negative
   */
  public static TokenWeights of(float... weights) {
    for (int i = 0; i < weights.length; i++) {
      if (!(weights[i] >= 0 && Float.isFinite(weights[i]))) {
        throw new AwpException(
            "token %s has the weight %s: weights must be finite and not negative"
                .formatted(i, weights[i]));
      }
    }
    return onesOr(weights.clone(), 0, weights.length);
  }

  /** Those of one stretch after the other. */
  public static TokenWeights join(List<TokenWeights> parts) {
    int size = parts.stream().mapToInt(TokenWeights::size).reduce(0, Math::addExact);
    if (parts.stream().allMatch(TokenWeights::areOnes)) {
      return ones(size);
    }
    float[] all = new float[size];
    int at = 0;
    for (TokenWeights part : parts) {
      for (int i = 0; i < part.size; i++) {
        all[at++] = part.get(i);
      }
    }
    return new TokenWeights(all, 0, size);
  }

  private static TokenWeights onesOr(float[] weights, int from, int size) {
    for (int i = from; i < from + size; i++) {
      if (weights[i] != 1) {
        return new TokenWeights(weights, from, size);
      }
    }
    return ones(size);
  }

  /** How many there are. */
  public int size() {
    return size;
  }

  /** Whether there is nothing to weigh. */
  public boolean areOnes() {
    return weights.length == 0;
  }

  public float get(int i) {
    return areOnes() ? 1 : weights[from + i];
  }

  /** Those from (inclusive) to (exclusive). */
  public TokenWeights range(int start, int end) {
    return areOnes() ? ones(end - start) : onesOr(weights, from + start, end - start);
  }

  /** Those of chosen tokens, in the order of the choice. */
  public TokenWeights choose(int... tokens) {
    if (areOnes()) {
      return ones(tokens.length);
    }
    float[] chosen = new float[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      chosen[i] = get(tokens[i]);
    }
    return onesOr(chosen, 0, chosen.length);
  }

  /** The number of tokens that count at all. */
  public int counted() {
    if (areOnes()) {
      return size;
    }
    int counted = 0;
    for (int i = 0; i < size; i++) {
      counted += get(i) > 0 ? 1 : 0;
    }
    return counted;
  }

  public double sum() {
    if (areOnes()) {
      return size;
    }
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += get(i);
    }
    return sum;
  }

  @Override
  public String toString() {
    return areOnes()
        ? size + " weights of 1"
        : Arrays.toString(Arrays.copyOfRange(weights, from, from + size));
  }
}
