// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.rounding.ColumnOrder;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;

/**
 * SparseGPT (Frantar and Alistarh, "SparseGPT: Massive Language Models Can Be Accurately Pruned in
 * One-Shot", 2023): one sweep over the columns that prunes, rounds where the constraint has a grid
 * (the paper's section 3.5), and lets the columns to the right make up for each error:
 *
 * <pre>
 *   U^T U = H^-1,  H = C + .01 mean(diag C) I
 *   mask    the smallest w_j^2 / U_jj^2 of a block of 128 columns, or of M columns under N:M
 *   q_j   = 0 where pruned, else w_j, or the grid point nearest to it
 *   w_k  -= (w_j - q_j) / U_jj * U_jk     for all k &gt; j
 * </pre>
 *
 * <p>It differs from the authors' code where the constraint asks for it: their threshold is taken
 * over all rows of a block, here each row of a block loses its own share, such that every row ends
 * with exactly round(columns * (1 - ratio)) entries. Groups of a grid are fitted to the updated
 * weights when the sweep reaches them, as the authors do it in GPTQ; the sparse code fits one grid
 * a row before it starts.
 */
public final class SparseGpt implements Solver {
  private static final double DAMPING = 0.01;

  /** Rows that are one task: by the shape alone, so that no result depends on the threads. */
  private static final int ROWS = 128;

  @Override
  public String name() {
    return "sparsegpt";
  }

  @Override
  public boolean supports(Constraint constraint) {
    boolean fits = constraint.grid().isEmpty() || IntegerGrid.of(constraint).isPresent();
    return fits && constraint.sparsity().isPresent();
  }

  @Override
  public int rangeRows(LayerShape shape) {
    return ROWS;
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    Matrix w = problem.weights();
    Matrix c = problem.secondMoment();
    Matrix t = Matrix.allocate(allocator, w.rows(), w.columns());
    GridParameters grid =
        GridParameters.allocate(problem.constraint(), w.rows(), w.columns(), allocator);
    double damping;
    try (Arena scratch = Arena.ofShared()) {
      ColumnOrder order =
          problem
              .factors()
              .get(
                  "natural order",
                  ColumnOrder.class,
                  ColumnOrder.bytes(c.rows()),
                  memory -> ColumnOrder.of(c, ColumnOrder.natural(c), DAMPING, compute, memory),
                  scratch);
      damping = order.damping();
      compute
          .workers()
          .forEachBlock(
              w.rows(),
              ROWS,
              (from, to) -> {
                Matrix part = t.rowRange(from, to);
                part.copyFrom(w.rowRange(from, to));
                clearDead(c, part);
                try (Arena arena = Arena.ofConfined()) {
                  new SparseGptSweep(problem.constraint(), order, compute, part, arena)
                      .run(grid, from);
                }
              });
    }
    return OneShot.evaluated(problem, t, grid, cost(w), damping, compute, listener);
  }

  /** The weights of a channel without input are zero before the sweep, as in the authors' code. */
  private static void clearDead(Matrix c, Matrix t) {
    for (int j = 0; j < t.columns(); j++) {
      if (!(c.get(j, j) > 0)) {
        t.columnRange(j, j + 1).clear();
      }
    }
  }

  /** The factor, the sweep (dOut dIn^2 flops) and the products of f(T) and f(0). */
  private static double cost(Matrix w) {
    double gemm = 2 * (double) w.rows() * w.columns() * w.columns();
    return gemm == 0 ? 0 : ColumnOrder.flops(w.columns()) / gemm + 0.5 + 2;
  }
}
