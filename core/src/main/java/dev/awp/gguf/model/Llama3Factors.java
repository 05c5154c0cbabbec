// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.model;

import dev.awp.rope.Llama3Scaling;
import java.util.List;
import java.util.Optional;

/**
 * LLaMA 3's rope scaling by the factors that a GGUF file has in its place. Its three numbers count
 * as ratios only, so the lowest frequency factor is 1 here, as published models have it.
 */
final class Llama3Factors {
  private static final List<Double> HIGH = List.of(4.0, 2.0, 8.0, 16.0, 32.0);
  private static final int LEAST_CONTEXT = 1 << 4;
  private static final int LARGEST_CONTEXT = 1 << 20;

  /** Of a factor, relative: float32 and its powers by other libraries. */
  private static final double TOLERANCE = 1e-4;

  private Llama3Factors() {}

  /**
   * The scaling whose factors these are; empty where there is none.
   *
   * @param factors [dimension / 2]
   */
  static Optional<Llama3Scaling> scaling(double theta, float[] factors) {
    float largest = 1;
    for (float factor : factors) {
      largest = Math.max(largest, factor);
    }
    for (double high : HIGH) {
      for (int context = LEAST_CONTEXT; context <= LARGEST_CONTEXT; context *= 2) {
        Llama3Scaling scaling = new Llama3Scaling(largest, 1, high, context);
        if (isNear(GgufRope.llama3(theta, 2 * factors.length, scaling), factors)) {
          return Optional.of(scaling);
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isNear(float[] some, float[] others) {
    for (int i = 0; i < some.length; i++) {
      if (!(Math.abs(some[i] - others[i]) <= TOLERANCE * Math.abs(some[i]))) {
        return false;
      }
    }
    return true;
  }
}
