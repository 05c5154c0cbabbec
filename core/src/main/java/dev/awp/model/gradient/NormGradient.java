// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.config.NormKind;
import dev.awp.kernel.NetworkKernels;
import java.lang.foreign.MemorySegment;

/**
 * A norm of one row and its derivative. With m the mean of x (0 for RMS), r = 1 / sqrt(mean((x -
 * m)^2) + epsilon), h = (x - m) r and g = w dy: dx = r (g - mean(g) - h mean(g h)), mean(g) left
 * out for RMS.
 */
record NormGradient(NormKind kind, float epsilon, Compute compute) {
  void forward(MemorySegment x, MemorySegment weight, MemorySegment out) {
    NetworkKernels network = compute.kernels().network();
    switch (kind) {
      case RMS -> network.rmsNorm(x, weight, epsilon, out);
      case LAYER -> network.layerNorm(x, weight, epsilon, out);
    }
  }

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
    double mean = kind == NormKind.LAYER ? sum(h) / n : 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      h[i] -= (float) mean;
      g[i] *= w[i];
      squares += (double) h[i] * h[i];
    }
    double r = 1 / Math.sqrt(squares / n + epsilon);
    double along = 0;
    for (int i = 0; i < n; i++) {
      along += (double) g[i] * h[i];
    }
    float back = (float) (along * r * r / n);
    float level = kind == NormKind.LAYER ? (float) (sum(g) / n) : 0;
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
