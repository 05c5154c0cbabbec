// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * f(T) = || (W - T) C^(1/2) ||_F^2 = tr((W - T) C (W - T)^T): the mean squared error of the layer's
 * output on the calibration inputs (AWP, equation 1). Products run in float32, sums in float64, row
 * by row, so the value does not depend on the number of threads.
 */
public final class Objective {
  private static final int BLOCK = 256;

  /** Columns of C that are taken together: below, a product's overhead shows. */
  private static final int PANEL = 512;

  private Objective() {}

  /**
   * f(T).
   *
   * @param w [dOut, dIn]
   * @param t [dOut, dIn]
   * @param c [dIn, dIn], symmetric
   */
  public static double of(Matrix w, Matrix t, Matrix c, Compute compute) {
    return sum(
        w.rows(),
        compute,
        (from, to) -> ofEachRow(w.rowRange(from, to), t.rowRange(from, to), c, compute));
  }

  /** Off-heap memory of an evaluation, in bytes. */
  static long bytes(int columns, int threads) {
    return 2L * threads * BLOCK * columns * Float.BYTES;
  }

  /**
   * r C r^T of some rows, by half of the products: what is above C's diagonal counts twice instead.
   * For a worker's task.
   *
   * @param r [rows, dIn]
   * @param c [dIn, dIn], symmetric
   * @param scratch like r
   */
  static double[] ofRows(Matrix r, Matrix c, Compute compute, Matrix scratch) {
    int columns = r.columns();
    for (int from = 0; from < columns; from += PANEL) {
      int to = Math.min(columns, from + PANEL);
      Matrix panel = c.columnRange(from, to);
      Matrix sums = scratch.columnRange(from, to);
      compute
          .blas()
          .gemm(Op.NONE, Op.NONE, 1, r.columnRange(from, to), panel.rowRange(from, to), 0, sums);
      if (to < columns) {
        compute
            .blas()
            .gemm(
                Op.NONE,
                Op.NONE,
                2,
                r.columnRange(to, columns),
                panel.rowRange(to, columns),
                1,
                sums);
      }
    }
    double[] ofRows = new double[r.rows()];
    for (int row = 0; row < r.rows(); row++) {
      ofRows[row] = compute.kernels().arithmetic().dot(r.row(row), scratch.row(row));
    }
    return ofRows;
  }

  /** f of every row of T, of which w and t are some or all; for a worker's task. */
  public static double[] ofEachRow(Matrix w, Matrix t, Matrix c, Compute compute) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix r = Matrix.allocate(arena, w.rows(), w.columns());
      for (int row = 0; row < w.rows(); row++) {
        compute.kernels().arithmetic().subtract(w.row(row), t.row(row), r.row(row));
      }
      return ofRows(r, c, compute, Matrix.allocate(arena, w.rows(), w.columns()));
    }
  }

  /** f(0) = tr(W C W^T). */
  public static double dense(Matrix w, Matrix c, Compute compute) {
    return sum(
        w.rows(),
        compute,
        (from, to) -> {
          try (Arena arena = Arena.ofConfined()) {
            Matrix scratch = Matrix.allocate(arena, to - from, w.columns());
            return ofRows(w.rowRange(from, to), c, compute, scratch);
          }
        });
  }

  /** f(T) / f(0), and 0 where f(0) is 0: a layer whose output vanishes loses nothing. */
  public static double relative(double objective, double dense) {
    return dense == 0 ? 0 : objective / dense;
  }

  private interface Block {
    double[] evaluate(int from, int to);
  }

  private static double sum(int rows, Compute compute, Block block) {
    double[] byRow = new double[rows];
    compute
        .workers()
        .forEachBlock(
            rows,
            BLOCK,
            (from, to) -> System.arraycopy(block.evaluate(from, to), 0, byRow, from, to - from));
    double total = 0;
    for (double value : byRow) {
      total += value;
    }
    // Rounding can take the sum of a quadratic form a hair below zero.
    return Math.max(0, total);
  }
}
