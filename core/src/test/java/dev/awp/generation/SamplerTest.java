// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which token is chosen, and how often. */
class SamplerTest {
  private static final float[] LOGITS = {1, 3, 3, 2, -50};

  private static int[] draws(Sampler sampler, int count) {
    return IntStream.range(0, count).map(i -> sampler.choose(LOGITS)).toArray();
  }

  @Test
  void temperatureZeroTakesTheFirstOfTheLargest() {
    assertEquals(1, new Sampler(0, 0, 7).choose(LOGITS));
  }

  @Test
  void equalSeedsChooseEqually() {
    assertArrayEquals(draws(new Sampler(1, 3, 5), 50), draws(new Sampler(1, 3, 5), 50));
  }

  @Test
  void tokensComeAsOftenAsTheSoftmaxSays() {
    int[] seen = new int[LOGITS.length];
    int count = 20_000;
    for (int token : draws(new Sampler(2, 0, 1), count)) {
      seen[token]++;
    }
    double sum = 0;
    for (float logit : LOGITS) {
      sum += Math.exp(logit / 2);
    }
    for (int i = 0; i < seen.length; i++) {
      assertEquals(Math.exp(LOGITS[i] / 2) / sum, (double) seen[i] / count, 0.02, "token " + i);
    }
  }

  @Test
  void onlyTheLikeliestAreChosen() {
    for (int token : draws(new Sampler(100, 2, 3), 200)) {
      assertEquals(3, LOGITS[token]);
    }
  }

  @Test
  void nonsenseIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Sampler(-1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new Sampler(Double.NaN, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new Sampler(1, -1, 0));
  }
}
