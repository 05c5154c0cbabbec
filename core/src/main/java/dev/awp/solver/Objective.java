// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.kernel.Blas.Op;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * f(T) = || (W - T) C^(1/2) ||_F^2 = tr((W - T) C (W - T)^T): the mean squared error of the layer's
 * output on the calibration inputs (AWP, equation 1). Products run in float32, sums in float64, row
 * by row, so the value does not depend on the number of threads.
 */
public final class Objective {
  private static final int BLOCK = 256;

  private Objective() {}

  /**
   * f(T).
   *
   * @param w [dOut, dIn]
   * @param t [dOut, dIn]
   * @param c [dIn, dIn]
   */
  public static double of(Matrix w, Matrix t, Matrix c, Compute compute) {
    return sum(
        w,
        c,
        compute,
        (row, residual) ->
            compute.kernels().arithmetic().subtract(w.row(row), t.row(row), residual));
  }

  /** Off-heap memory of an evaluation, in bytes. */
  static long bytes(int columns, int threads) {
    return 2L * threads * BLOCK * columns * Float.BYTES;
  }

  /** f(0) = tr(W C W^T). */
  public static double dense(Matrix w, Matrix c, Compute compute) {
    return sum(w, c, compute, (row, residual) -> residual.copyFrom(w.row(row)));
  }

  /** f(T) / f(0), and 0 where f(0) is 0: a layer whose output vanishes loses nothing. */
  public static double relative(double objective, double dense) {
    return dense == 0 ? 0 : objective / dense;
  }

  private interface Residual {
    void write(int row, MemorySegment into);
  }

  private static double sum(Matrix w, Matrix c, Compute compute, Residual residual) {
    double[] byRow = new double[w.rows()];
    compute
        .workers()
        .forEachBlock(
            w.rows(),
            BLOCK,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                Matrix r = Matrix.allocate(arena, to - from, w.columns());
                Matrix g = Matrix.allocate(arena, to - from, w.columns());
                for (int row = from; row < to; row++) {
                  residual.write(row, r.row(row - from));
                }
                compute.blas().gemm(Op.NONE, Op.NONE, 1, r, c, 0, g);
                for (int row = from; row < to; row++) {
                  byRow[row] =
                      compute.kernels().arithmetic().dot(r.row(row - from), g.row(row - from));
                }
              }
            });
    double total = 0;
    for (double value : byRow) {
      total += value;
    }
    // Rounding can take the sum of a quadratic form a hair below zero.
    return Math.max(0, total);
  }
}
