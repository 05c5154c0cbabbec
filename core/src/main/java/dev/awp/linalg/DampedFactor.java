// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.linalg;

import dev.awp.AwpException;
import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;

/**
 * Cholesky factors of matrices that should be positive definite and may not be: a second moment of
 * fewer tokens than channels, or one whose smallest eigenvalues drowned in float32's rounding. What
 * is added to the diagonal rises tenfold until the factor exists.
 */
public final class DampedFactor {
  /** Where even this much of the mean diagonal does not help, the matrix holds no numbers. */
  private static final double MOST = 1e6;

  private DampedFactor() {}

  /** Writes the matrix to factor: its lower triangle at least. */
  @FunctionalInterface
  public interface Source {
    void write(Matrix into);
  }

  /** The mean of C_jj: the unit of damping. 0 where no channel has any input. */
  public static double meanDiagonal(Matrix c) {
    double sum = 0;
    for (int j = 0; j < c.rows(); j++) {
      sum += c.get(j, j);
    }
    return sum / Math.max(1, c.rows());
  }

  /**
   * Inverts source + damping * scale * I; all else as {@link #invertFactor}.
   *
   * @param inverse receives the inverse, symmetric
   */
  public static double invert(
      Source source, double scale, double damping, Matrix inverse, Compute compute) {
    double used = invertFactor(source, scale, damping, inverse, compute);
    new Cholesky(compute).multiplyInverse(inverse);
    return used;
  }

  /**
   * Inverts the Cholesky factor L of source + damping * scale * I.
   *
   * @param scale the unit of the damping, such as the mean of the diagonal; positive
   * @param damping the first to try; 0 adds nothing, and the next is 1e-6
   * @param a receives L^-1, as {@link Cholesky#invertFactor} leaves it
   * @return the damping that was needed
   */
  public static double invertFactor(
      Source source, double scale, double damping, Matrix a, Compute compute) {
    Cholesky cholesky = new Cholesky(compute);
    for (double d = damping; d <= MOST; d = d == 0 ? 1e-6 : 10 * d) {
      source.write(a);
      for (int j = 0; j < a.rows(); j++) {
        a.set(j, j, (float) (a.get(j, j) + d * scale));
      }
      if (cholesky.invertFactor(a).isEmpty()) {
        return d;
      }
    }
    throw new AwpException(
        "the second moment %s holds a NaN or an infinity, or is far from positive semi-definite"
            .formatted(a));
  }
}
