// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.linalg;

import dev.awp.tensor.Matrix;
import java.util.Arrays;

/**
 * The inverse of the Cholesky factor of a small matrix, in float64: the squares on the diagonal of
 * {@link Cholesky}. The array holds U = L^T, so that the loops run along its rows.
 */
final class CholeskySquare {
  /** The largest order. */
  static final int ORDER = 64;

  private final double[] u = new double[ORDER * ORDER];
  private final int size;

  private CholeskySquare(Matrix a) {
    this.size = a.rows();
    for (int r = 0; r < size; r++) {
      for (int c = 0; c <= r; c++) {
        u[c * ORDER + r] = a.get(r, c);
      }
    }
  }

  /**
   * Replaces a matrix by the inverse of its factor L, with zeros above the diagonal.
   *
   * @param a [n, n], n at most {@link #ORDER}; its lower triangle is read
   * @return the first index whose pivot is not positive and finite, which leaves the matrix as it
   *     is; or -1
   */
  static int invertFactor(Matrix a) {
    CholeskySquare square = new CholeskySquare(a);
    int failed = square.factor();
    if (failed < 0) {
      square.invert();
      square.store(a);
    }
    return failed;
  }

  private int factor() {
    for (int k = 0; k < size; k++) {
      double pivot = u[k * ORDER + k];
      if (!(pivot > 0) || pivot > Float.MAX_VALUE) {
        return k;
      }
      double root = Math.sqrt(pivot);
      for (int j = k; j < size; j++) {
        u[k * ORDER + j] /= root;
      }
      for (int i = k + 1; i < size; i++) {
        subtractRow(u[k * ORDER + i], k, u, i * ORDER, i);
      }
    }
    return -1;
  }

  /** U^-1 from its last row up: (e_i - sum over k beyond i of U_ik Z_k) / U_ii. */
  private void invert() {
    double[] row = new double[ORDER];
    for (int i = size - 1; i >= 0; i--) {
      Arrays.fill(row, 0);
      row[i] = 1;
      for (int k = i + 1; k < size; k++) {
        subtractRow(u[i * ORDER + k], k, row, 0, k);
      }
      double pivot = u[i * ORDER + i];
      for (int j = i; j < size; j++) {
        u[i * ORDER + j] = row[j] / pivot;
      }
    }
  }

  /** The columns from {@code from} on of the row at an offset of y, less a multiple of row k. */
  private void subtractRow(double factor, int k, double[] y, int offset, int from) {
    for (int j = from; j < size; j++) {
      y[offset + j] -= factor * u[k * ORDER + j];
    }
  }

  private void store(Matrix a) {
    for (int r = 0; r < size; r++) {
      for (int c = 0; c < size; c++) {
        a.set(r, c, c <= r ? (float) u[c * ORDER + r] : 0);
      }
    }
  }
}
