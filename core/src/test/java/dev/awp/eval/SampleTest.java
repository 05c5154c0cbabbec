// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.report.Estimate;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SampleTest {
  private static Sample sample(DoubleStream values) {
    Sample sample = new Sample();
    values.forEach(value -> sample.add(value, 1));
    return sample;
  }

  @Test
  void theErrorOfAMeanIsThatOfTheSample() {
    Estimate mean = sample(DoubleStream.of(1, 2, 4, 9)).mean();
    assertEquals(4, mean.value());
    assertEquals(Math.sqrt((9 + 4 + 0 + 25) / 3.0 / 4), mean.standardError(), 1e-15);
  }

  @Test
  void theErrorOfAShareIsBinomial() {
    double share = 37 / 5000.0;
    Estimate mean = sample(IntStream.range(0, 5000).mapToDouble(i -> i < 37 ? 1 : 0)).mean();
    assertEquals(share, mean.value(), 1e-15);
    assertEquals(Math.sqrt(share * (1 - share) / 4999), mean.standardError(), 1e-12);
  }

  /** The factor n / (n - 1) aside, a weight of 2 is a value that moves the mean twice as much. */
  @Test
  void weightsWeighAndZeroLeavesOut() {
    Sample sample = new Sample();
    sample.add(1, 2);
    sample.add(1000, 0);
    sample.add(4, 1);
    Estimate mean = sample.mean();
    assertEquals(2, mean.value());
    assertEquals(Math.sqrt(2 * (2 * 2 + 2 * 2)) / 3, mean.standardError(), 1e-15);
    assertArrayEquals(new double[] {1, 4}, sample.percentiles(0, 1));
  }

  @Test
  void scaledWeightsAreTheSameWeights() {
    Random random = new Random(1);
    Sample sample = new Sample();
    Sample scaled = new Sample();
    for (int i = 0; i < 3000; i++) {
      double value = random.nextGaussian();
      double weight = random.nextDouble();
      sample.add(value, weight);
      scaled.add(value, 8 * weight);
    }
    assertEquals(sample.mean(), scaled.mean());
  }

  @Test
  void placesBetweenValuesAreOnALine() {
    Sample sample = sample(DoubleStream.of(3, 0, 1, 7));
    assertArrayEquals(
        new double[] {0, 2, 7, 3 + 0.97 * 4}, sample.percentiles(0, 0.5, 1, 0.99), 1e-12);
  }

  @Test
  void ofOneValueThereIsNoError() {
    assertTrue(Double.isNaN(sample(DoubleStream.of(5)).mean().standardError()));
  }
}
