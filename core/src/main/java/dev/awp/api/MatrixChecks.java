// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.api;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.AwpException;
import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;

/** What solvers take for granted: the walk over a checkpoint has seen to it, a caller may not. */
final class MatrixChecks {
  /** Asymmetry of C that rounding explains, in units of its largest diagonal entry. */
  private static final double TOLERANCE = 1e-5;

  private MatrixChecks() {}

  static void check(Matrix weights, Matrix secondMoment, Compute compute) {
    int columns = weights.columns();
    if (weights.size() == 0
        || secondMoment.rows() != columns
        || secondMoment.columns() != columns) {
      throw new IllegalArgumentException(
          "weights %s need a second moment [%s, %s], there is %s"
              .formatted(weights, columns, columns, secondMoment));
    }
    checkFinite("weights", weights, compute);
    checkFinite("second moment", secondMoment, compute);
    checkSymmetric(secondMoment);
  }

  private static void checkFinite(String what, Matrix matrix, Compute compute) {
    for (int r = 0; r < matrix.rows(); r++) {
      long at = compute.kernels().arithmetic().firstNonFinite(matrix.row(r));
      if (at >= 0) {
        throw new AwpException(
            "%s: the value at [%s, %s] is %s, it must be finite"
                .formatted(what, r, at, matrix.row(r).getAtIndex(JAVA_FLOAT, at)));
      }
    }
  }

  private static void checkSymmetric(Matrix c) {
    double largest = 0;
    for (int i = 0; i < c.rows(); i++) {
      if (c.get(i, i) < 0) {
        throw new AwpException(
            "second moment: the diagonal at %s is %s, it must not be negative"
                .formatted(i, c.get(i, i)));
      }
      largest = Math.max(largest, c.get(i, i));
    }
    for (int i = 0; i < c.rows(); i++) {
      for (int j = 0; j < i; j++) {
        if (Math.abs((double) c.get(i, j) - c.get(j, i)) > TOLERANCE * largest) {
          throw new AwpException(
              "second moment: %s at [%s, %s] and %s at [%s, %s], it must be symmetric"
                  .formatted(c.get(i, j), i, j, c.get(j, i), j, i));
        }
      }
    }
  }
}
