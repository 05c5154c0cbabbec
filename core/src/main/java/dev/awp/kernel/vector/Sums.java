// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import jdk.incubator.vector.DoubleVector;

/** Sums across lanes. */
final class Sums {
  private Sums() {}

  /**
   * The sum of the lanes, first to last. {@code reduceLanes} leaves the order open, so the compiled
   * and the interpreted loop could differ in the last bit and a run would not repeat.
   */
  static double ofLanes(DoubleVector v) {
    double sum = 0;
    for (double lane : v.toDoubleArray()) {
      sum += lane;
    }
    return sum;
  }
}
