// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.config.NormKind;
import dev.awp.model.sublayer.RowOperations;
import java.lang.foreign.MemorySegment;

/**
 * The derivative of a norm of one row. With m the mean of x (0 for RMS), r = 1 / sqrt(mean((x -
 * m)^2) + epsilon), h = (x - m) r and g = w dy: dx = r (g - mean(g) - h mean(g h)), mean(g) left
 * out for RMS.
 */
record NormGradient(RowOperations operations) {
  /**
   * The derivatives by x.
   *
   * @param x what was normed
   * @param byOutput derivatives by the normed row
   * @param byInput receives those by x; may be {@code byOutput}
   */
  void backward(
      MemorySegment x, MemorySegment weight, MemorySegment byOutput, MemorySegment byInput) {
    float[] h = x.toArray(JAVA_FLOAT);
    float[] g = byOutput.toArray(JAVA_FLOAT);
    float[] w = weight.toArray(JAVA_FLOAT);
    int n = h.length;
    boolean layer = operations.norm() == NormKind.LAYER;
    double mean = layer ? sum(h) / n : 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      h[i] -= (float) mean;
      g[i] *= w[i];
      squares += (double) h[i] * h[i];
    }
    double r = 1 / Math.sqrt(squares / n + operations.epsilon());
    double along = 0;
    for (int i = 0; i < n; i++) {
      along += (double) g[i] * h[i];
    }
    float back = (float) (along * r * r / n);
    float level = layer ? (float) (sum(g) / n) : 0;
    float factor = (float) r;
    for (int i = 0; i < n; i++) {
      g[i] = factor * (g[i] - level - h[i] * back);
    }
    MemorySegment.copy(g, 0, byInput, JAVA_FLOAT, 0, n);
  }

  private static double sum(float[] x) {
    double sum = 0;
    for (float v : x) {
      sum += v;
    }
    return sum;
  }
}
