// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.compute.Compute;
import dev.awp.compute.RowParts;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.Grid;
import dev.awp.constraint.GridParameters;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.rounding.ColumnOrder;
import dev.awp.solver.rounding.GridPart;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;

/**
 * GPTQ (Frantar et al. 2023): columns are rounded one after the other, and the later ones make up
 * for the error of each; 1 % of C's mean diagonal is added to it. In the order of the columns a
 * group's range is taken when the sweep reaches it; in activation order (falling C_jj) from W
 * beforehand, so that groups stay groups of neighbours ("static groups" of its program). Where
 * codes name vectors, it is their runs that are rounded one after the other, by falling sums of
 * C_jj in activation order.
 */
public final class Gptq implements Solver {
  private static final double DAMPING = 0.01;

  private final boolean activationOrder;
  private final boolean holdZeros;

  public Gptq(boolean activationOrder) {
    this(activationOrder, false);
  }

  private Gptq(boolean activationOrder, boolean holdZeros) {
    this.activationOrder = activationOrder;
    this.holdZeros = holdZeros;
  }

  /** In activation order, for pruned weights: what is zero stays zero. */
  static Gptq holdingZeros() {
    return new Gptq(true, true);
  }

  @Override
  public String name() {
    return activationOrder ? "gptq-act-order" : "gptq";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint.grid().isPresent() && constraint.sparsity().isEmpty();
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    Matrix w = problem.weights();
    Matrix c = problem.secondMoment();
    Grid grid = problem.constraint().grid().orElseThrow();
    Matrix t = Matrix.allocate(allocator, w.rows(), w.columns());
    GridParameters parameters = GridParameters.allocate(grid, w.rows(), w.columns(), allocator);
    double damping;
    try (Arena arena = Arena.ofShared()) {
      int run = grid.runLength();
      int[] columns = activationOrder ? ColumnOrder.byGroups(c, run, run) : ColumnOrder.natural(c);
      ColumnOrder order = ColumnOrder.of(c, columns, DAMPING, compute, arena);
      damping = order.damping();
      RowParts.forEach(
          compute,
          w.rows(),
          problem.layerRows(),
          (from, to, own) -> {
            Matrix rows = w.rowRange(from, to);
            GridPart part = new GridPart(grid, rows, rows, holdZeros, c, compute, own);
            if (activationOrder) {
              part.fitRange();
              part.sweep(order);
            } else {
              part.sweepFitting(order);
            }
            for (int row = from; row < to; row++) {
              part.store(row - from, t.row(row), parameters, row);
            }
          });
    }
    int n = w.columns();
    double cost = 2.5 + ColumnOrder.flops(n) / (2.0 * Math.max(1, w.rows()) * n * n);
    return OneShot.evaluated(problem, t, parameters, cost, damping, compute, listener);
  }
}
