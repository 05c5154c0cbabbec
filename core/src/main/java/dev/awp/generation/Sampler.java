// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.generation;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/** Chooses the next token by its logits. Equal seeds choose equally. */
public final class Sampler {
  private final double temperature;
  private final int topK;
  private final RandomGenerator random;

  /**
   * A way to choose.
   *
   * @param temperature by what the logits are divided before the softmax; 0 takes the largest
   *     always
   * @param topK how many of the largest may be chosen; 0 for all
   * @throws IllegalArgumentException for a negative or infinite temperature, or a negative topK
   */
  public Sampler(double temperature, int topK, long seed) {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "a temperature is 0 or a positive number, not " + temperature);
    }
    if (topK < 0) {
      throw new IllegalArgumentException("top-k is 0 for all tokens or a number, not " + topK);
    }
    this.temperature = temperature;
    this.topK = topK;
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  /** The index of the chosen logit; of equal ones the first where the largest is taken. */
  public int choose(float[] logits) {
    if (temperature == 0) {
      return largest(logits);
    }
    int[] candidates = candidates(logits);
    double most = logits[largest(logits)];
    double[] sums = new double[candidates.length];
    double sum = 0;
    for (int i = 0; i < candidates.length; i++) {
      sum += Math.exp((logits[candidates[i]] - most) / temperature);
      sums[i] = sum;
    }
    double point = random.nextDouble() * sum;
    int at = 0;
    while (at < candidates.length - 1 && sums[at] <= point) {
      at++;
    }
    return candidates[at];
  }

  private static int largest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private int[] candidates(float[] logits) {
    if (topK == 0 || topK >= logits.length) {
      return IntStream.range(0, logits.length).toArray();
    }
    return Arrays.copyOf(
        IntStream.range(0, logits.length)
            .boxed()
            .sorted((a, b) -> Float.compare(logits[b], logits[a]))
            .mapToInt(i -> i)
            .toArray(),
        topK);
  }
}
