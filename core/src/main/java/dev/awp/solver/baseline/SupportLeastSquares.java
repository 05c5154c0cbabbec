// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Blas.Op;
import dev.awp.kernel.Compute;
import dev.awp.kernel.SelectionKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * Conjugate gradient for min tr((U - X) H (U - X)^T) over the X that are zero wherever the start is
 * zero (ALPS, algorithm 2, with G = U H given). Every row is a problem of its own with its own step
 * lengths; rows share only the products. A row ends where its residual has fallen by 1e-5 or its
 * direction has no curvature: below that, rounding decides, and with a singular H it would walk
 * off.
 */
final class SupportLeastSquares {
  /** Square of the fall of a residual at which its row ends. */
  private static final double TOLERANCE = 1e-10;

  private final Matrix g;
  private final Matrix h;
  private final Compute compute;

  SupportLeastSquares(Matrix g, Matrix h, Compute compute) {
    this.g = g;
    this.h = h;
    this.compute = compute;
  }

  /** Improves X in place; one product a step and one before. */
  void improve(Matrix x, int steps, int rowsOfTask) {
    compute
        .workers()
        .forEachBlock(
            x.rows(),
            rowsOfTask,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                new Part(g.rowRange(from, to), x.rowRange(from, to), arena).run(steps);
              }
            });
  }

  /** The rows of one task. */
  private final class Part {
    private final Matrix x;
    private final Matrix mask;
    private final Matrix r;
    private final Matrix p;
    private final Matrix q;
    private final double[] start;
    private final double[] squared;
    private final ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    private final SelectionKernels selection = compute.kernels().selection();

    private Part(Matrix g, Matrix x, Arena arena) {
      this.x = x;
      this.mask = Matrix.allocate(arena, x.rows(), x.columns());
      this.r = Matrix.allocate(arena, x.rows(), x.columns());
      this.p = Matrix.allocate(arena, x.rows(), x.columns());
      this.q = Matrix.allocate(arena, x.rows(), x.columns());
      this.start = new double[x.rows()];
      this.squared = new double[x.rows()];
      mask.copyFrom(x);
      compute.blas().gemm(Op.NONE, Op.NONE, 1, x, h, 0, q);
      for (int row = 0; row < x.rows(); row++) {
        arithmetic.subtract(g.row(row), q.row(row), r.row(row));
        selection.applyMask(mask.row(row), r.row(row), r.row(row));
        p.row(row).copyFrom(r.row(row));
        squared[row] = arithmetic.dot(r.row(row), r.row(row));
        start[row] = squared[row];
      }
    }

    private void run(int steps) {
      for (int step = 0; step < steps; step++) {
        compute.blas().gemm(Op.NONE, Op.NONE, 1, p, h, 0, q);
        for (int row = 0; row < x.rows(); row++) {
          if (squared[row] > TOLERANCE * start[row]) {
            step(row);
          }
        }
      }
    }

    private void step(int row) {
      double curvature = arithmetic.dot(p.row(row), q.row(row));
      if (!(curvature > TOLERANCE * arithmetic.dot(p.row(row), p.row(row)))) {
        squared[row] = 0;
        return;
      }
      float alpha = (float) (squared[row] / curvature);
      arithmetic.multiplyAdd(alpha, p.row(row), x.row(row), x.row(row));
      selection.applyMask(mask.row(row), q.row(row), q.row(row));
      arithmetic.multiplyAdd(-alpha, q.row(row), r.row(row), r.row(row));
      double next = arithmetic.dot(r.row(row), r.row(row));
      float beta = (float) (next / squared[row]);
      arithmetic.multiplyAdd(beta, p.row(row), r.row(row), p.row(row));
      squared[row] = next;
    }
  }
}
