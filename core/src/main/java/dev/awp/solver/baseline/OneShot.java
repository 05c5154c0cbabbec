// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.compute.Compute;
import dev.awp.compute.Rows;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowProjection;
import dev.awp.solver.IterationListener;
import dev.awp.solver.IterationRecord;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.StopReason;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.List;

/** The frame of the methods without iterations: one pass over the rows, one evaluation. */
abstract class OneShot implements Solver {
  /** What compresses a row; holds scratch memory, so each thread makes its own. */
  abstract RowProjection rowMethod(LayerProblem problem, Compute compute, SegmentAllocator scratch);

  @Override
  public final long memoryBytes(LayerShape shape) {
    return shape.layer() + shape.grid() + shape.objective() + shape.panels();
  }

  @Override
  public final int rangeRows(LayerShape shape) {
    return 1;
  }

  @Override
  public final Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    Matrix w = problem.weights();
    Matrix t = Matrix.allocate(allocator, w.rows(), w.columns());
    GridParameters grid =
        GridParameters.allocate(problem.constraint(), w.rows(), w.columns(), allocator);
    Rows.forEach(
        compute,
        w.rows(),
        (from, to, scratch) -> {
          RowProjection row = rowMethod(problem, compute, scratch);
          for (int r = from; r < to; r++) {
            row.project(w.row(r), t.row(r), grid, r);
          }
        });
    return evaluated(problem, t, grid, 0, 0, compute, listener);
  }

  /** What a method without iterations has found, with f(T) and f(0). */
  static Solution evaluated(
      LayerProblem problem,
      Matrix t,
      GridParameters grid,
      double cost,
      double damping,
      Compute compute,
      IterationListener listener) {
    Matrix w = problem.weights();
    Matrix c = problem.secondMoment();
    double dense = Objective.dense(w, c, compute);
    double objective = Objective.of(w, t, c, compute);
    IterationRecord record = new IterationRecord(0, objective, Double.NaN, true);
    listener.iteration(record, dense);
    return new Solution(
        t, grid, List.of(record), dense, objective, 0, cost, StopReason.ONE_SHOT, damping);
  }
}
