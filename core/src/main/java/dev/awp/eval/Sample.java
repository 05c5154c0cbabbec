// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import dev.awp.report.Estimate;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * Values x, each with a weight w &gt; 0 for each of n tokens, or questions. The mean is sum w x /
 * sum w, its standard error
 *
 * <pre>
 *   sqrt(n / (n - 1) sum (w (x - mean))^2) / sum w
 * </pre>
 *
 * <p>which with equal weights is s / sqrt n. Figures by order leave weights aside.
 */
public final class Sample {
  private double[] values = new double[1024];
  private double[] weights = new double[1024];
  private int count;

  /** Adds a value, unless its weight is 0. */
  public void add(double value, double weight) {
    if (weight == 0) {
      return;
    }
    if (count == values.length) {
      int more = Math.clamp(2L * count, count + 1, Integer.MAX_VALUE - 8);
      values = Arrays.copyOf(values, more);
      weights = Arrays.copyOf(weights, more);
    }
    values[count] = value;
    weights[count] = weight;
    count++;
  }

  /** The mean. */
  public Estimate mean() {
    return mean(x -> x);
  }

  /** The mean of a function of the values. */
  Estimate mean(DoubleUnaryOperator function) {
    double total = 0;
    double sum = 0;
    for (int i = 0; i < count; i++) {
      total += weights[i];
      sum += weights[i] * function.applyAsDouble(values[i]);
    }
    double mean = sum / total;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      double off = weights[i] * (function.applyAsDouble(values[i]) - mean);
      squares += off * off;
    }
    double error = count < 2 ? Double.NaN : Math.sqrt(squares * count / (count - 1.0)) / total;
    return new Estimate(mean, error);
  }

  /**
   * The values at places of their order: between the neighbours of place (n - 1) * share by a
   * straight line.
   */
  double[] percentiles(double... shares) {
    double[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return Arrays.stream(shares)
        .map(
            share -> {
              double place = share * (count - 1);
              int below = (int) place;
              int above = Math.min(below + 1, count - 1);
              return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
            })
        .toArray();
  }
}
