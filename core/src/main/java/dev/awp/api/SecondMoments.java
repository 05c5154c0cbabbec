// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.api;

import dev.awp.calibration.SecondMoment;
import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/** Second moments of arrays. */
final class SecondMoments {
  private SecondMoments() {}

  static float[][] of(float[][] inputs, Compute compute) {
    if (inputs.length == 0) {
      throw new IllegalArgumentException("a second moment of no inputs");
    }
    try (Arena arena = Arena.ofShared();
        SecondMoment moment = new SecondMoment(inputs[0].length, compute)) {
      moment.add(Matrix.copyOf(arena, inputs));
      return moment.finish("inputs", arena).toArray();
    }
  }
}
