// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.Grid;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.SparseGrid;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * Quantization by rounding sweeps and coordinate descent on the grid, and the same on a mask.
 *
 * <ol>
 *   <li>The clip range of every group is searched ({@link ClipSearch}).
 *   <li>GPTQ's sweep in the order of falling C_jj, from W.
 *   <li>Sweeps of coordinate descent, which also refit the scales in closed form.
 *   <li>A second sweep on the refitted scales, descent again; each row keeps the better of the two.
 * </ol>
 *
 * <p>With a sparsity beside the grid the mask comes from the pruning solver, and what is rounded
 * are its least-squares weights instead of W, with the mask held at zero throughout.
 *
 * <p>Every row is at least as good as its rounding to nearest. Numbers are in docs/solvers.md.
 */
public final class GridDescent implements Solver {
  private static final double DAMPING = 0.01;

  private final Solver pruning;
  private final int rounds;
  private final int descents;

  /** The default. */
  public GridDescent() {
    this(new OperatorSplitting(), 2, 3);
  }

  /**
   * With a pruning solver of one's own.
   *
   * @param pruning finds the mask where the constraint has a sparsity
   * @param rounds of one rounding sweep each
   * @param descents of coordinate descent in a round
   */
  public GridDescent(Solver pruning, int rounds, int descents) {
    if (rounds < 1 || descents < 0) {
      throw new IllegalArgumentException(rounds + " rounds of " + descents + " descents");
    }
    this.pruning = pruning;
    this.rounds = rounds;
    this.descents = descents;
  }

  @Override
  public String name() {
    return "cd";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint instanceof Grid || constraint instanceof SparseGrid;
  }

  @Override
  public long memoryBytes(LayerShape shape) {
    long own =
        shape.layer()
            + shape.grid()
            + 2 * shape.square()
            + 6 * shape.parts(shape.columns())
            + 5 * shape.parts(Math.max(GridPart.BLOCK, shape.unitSize()))
            + shape.panels();
    return shape.constraint().sparsity().isEmpty()
        ? own
        : Math.max(pruning.memoryBytes(shape), shape.layer() + own);
  }

  @Override
  public double expectedCost(LayerShape shape) {
    Grid grid = shape.constraint().grid().orElseThrow();
    double mask = shape.constraint().sparsity().isPresent() ? pruning.expectedCost(shape) : 0;
    return mask + cost(grid, shape.rows(), shape.columns());
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    Matrix w = problem.weights();
    if (problem.constraint().sparsity().isEmpty()) {
      return new Run(problem, w, 0, 0, compute, allocator).run(listener);
    }
    LayerProblem sparse = problem.under(problem.constraint().sparsity().orElseThrow());
    try (Arena arena = Arena.ofShared()) {
      Solution mask = pruning.solve(sparse, compute, arena, IterationListener.NONE);
      return new Run(
              problem, mask.weights(), mask.gemmEquivalents(), mask.damping(), compute, allocator)
          .run(listener);
    }
  }

  /** In units of 2 dOut dIn^2 flops: f(0), rounding to nearest, the factor and the rounds. */
  private double cost(Grid grid, int rows, int n) {
    double factor = ColumnOrder.flops(n) / (2.0 * Math.max(1, rows) * n * n);
    return 2 + factor + rounds * GridPart.cost(grid, n, descents);
  }

  private final class Run {
    private final LayerProblem problem;
    private final Matrix w;
    private final Matrix c;
    private final Matrix target;
    private final Grid grid;
    private final double costSoFar;
    private double damping;
    private final Compute compute;
    private final Matrix t;
    private final GridParameters parameters;
    private final double[][] objectives;

    Run(
        LayerProblem problem,
        Matrix target,
        double costSoFar,
        double damping,
        Compute compute,
        SegmentAllocator allocator) {
      this.problem = problem;
      this.w = problem.weights();
      this.c = problem.secondMoment();
      this.target = target;
      this.grid = problem.constraint().grid().orElseThrow();
      this.costSoFar = costSoFar;
      this.damping = damping;
      this.compute = compute;
      this.t = Matrix.allocate(allocator, w.rows(), w.columns());
      this.parameters =
          GridParameters.allocate(problem.constraint(), w.rows(), w.columns(), allocator);
      this.objectives = new double[rounds + 1][w.rows()];
    }

    Solution run(IterationListener listener) {
      double dense = Objective.dense(w, c, compute);
      try (Arena arena = Arena.ofShared()) {
        ColumnOrder order =
            problem
                .factors()
                .get(
                    "rounding order",
                    ColumnOrder.class,
                    ColumnOrder.bytes(c.rows()),
                    memory ->
                        ColumnOrder.of(c, ColumnOrder.byActivation(c), DAMPING, compute, memory),
                    arena);
        damping = Math.max(damping, order.damping());
        RowParts.forEach(compute, w.rows(), (from, to, own) -> solvePart(order, from, to, own));
      }
      Interruption.check();
      List<IterationRecord> trace = new ArrayList<>();
      for (int round = 0; round <= rounds; round++) {
        double total = 0;
        for (double objective : objectives[round]) {
          total += objective;
        }
        trace.add(new IterationRecord(round, Math.max(0, total), Double.NaN, true));
        listener.iteration(trace.getLast(), dense);
      }
      return new Solution(
          t,
          parameters,
          trace,
          dense,
          trace.getLast().objective(),
          rounds,
          costSoFar + cost(grid, w.rows(), w.columns()),
          StopReason.ITERATION_LIMIT,
          damping);
    }

    private void solvePart(ColumnOrder order, int from, int to, Arena arena) {
      boolean masked = problem.constraint().sparsity().isPresent();
      GridPart part =
          new GridPart(
              grid, w.rowRange(from, to), target.rowRange(from, to), masked, c, compute, arena);
      part.fitRange();
      part.round();
      keepBetter(part, from, to, 0);
      part.fitGrid();
      for (int round = 1; round <= rounds; round++) {
        part.sweep(order);
        for (int sweep = 0; sweep < descents; sweep++) {
          part.descend();
        }
        keepBetter(part, from, to, round);
      }
    }

    private void keepBetter(GridPart part, int from, int to, int round) {
      double[] found = part.objectives();
      for (int row = from; row < to; row++) {
        double before = round == 0 ? Double.POSITIVE_INFINITY : objectives[round - 1][row];
        boolean better = round == 0 || found[row - from] < before;
        objectives[round][row] = better ? found[row - from] : before;
        if (better) {
          part.store(row - from, t.row(row), parameters, row);
        }
      }
    }
  }
}
