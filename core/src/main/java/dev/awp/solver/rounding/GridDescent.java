// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.compute.Compute;
import dev.awp.compute.RowParts;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.Grid;
import dev.awp.constraint.GridParameters;
import dev.awp.solver.Interruption;
import dev.awp.solver.IterationListener;
import dev.awp.solver.IterationRecord;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.StopReason;
import dev.awp.solver.splitting.OperatorSplitting;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * Quantization by rounding sweeps and coordinate descent on the grid, and the same on a mask.
 *
 * <ol>
 *   <li>A sweep like GPTQ's, group after group, which keeps several ways to go on ({@link
 *       BeamSweep}). Each group's clip range is searched when the sweep gets there, or before it
 *       where the grid has it so ({@link Grid#sweepsByGroups}).
 *   <li>Descents, block by block: scales are refitted in closed form, other grids tried for each
 *       group ({@link GroupSearch}), the codes of pieces of a block chosen together ({@link
 *       BlockRounding}), and those of single columns.
 *   <li>A second sweep on the grids that were found, descents again; each row keeps the better.
 * </ol>
 *
 * <p>Where codes name vectors, all columns of a run are chosen at once, in the sweep ({@link
 * RunSweep}) and in the descents ({@link RunDescent}).
 *
 * <p>With a sparsity beside the grid the mask comes from the pruning solver, and what is rounded
 * are its least-squares weights instead of W, with the mask held at zero throughout.
 *
 * <p>Every row is at least as good as its rounding to nearest. Numbers are in docs/solvers.md.
 */
public final class GridDescent implements Solver {
  private static final double DAMPING = 0.01;

  private final Solver pruning;
  private final DescentOptions options;

  /** The default. */
  public GridDescent() {
    this(new OperatorSplitting(), DescentOptions.standard());
  }

  /**
   * With a pruning solver and settings of one's own.
   *
   * @param pruning finds the mask where the constraint has a sparsity
   */
  public GridDescent(Solver pruning, DescentOptions options) {
    this.pruning = pruning;
    this.options = options;
  }

  @Override
  public String name() {
    return "cd";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint.grid().isPresent();
  }

  @Override
  public long memoryBytes(LayerShape shape) {
    long own =
        shape.layer()
            + shape.grid()
            + 2 * shape.square()
            + RoundingPlan.bytes(shape.columns(), options.columnsOfPiece(), options.descents())
            + 6 * shape.parts(shape.columns())
            + (6 + GroupSearch.SCRATCH)
                * shape.parts(Math.max(ColumnLayout.BLOCK, shape.unitSize()))
            + 2 * RunDescent.SCRATCH * shape.parts(shape.runLength())
            + (shape.runLength() == 0 ? beamBytes(shape) : 0)
            + shape.panels();
    return shape.constraint().sparsity().isEmpty()
        ? own
        : Math.max(pruning.memoryBytes(shape), shape.layer() + own);
  }

  /** The scratch of sweeps and pieces. */
  private long beamBytes(LayerShape shape) {
    int piece = options.columnsOfPiece();
    return shape.parts(BlockRounding.rows(ColumnLayout.BLOCK) + BlockRounding.rows(piece))
        + shape.workers().threads()
            * (BeamRounding.bytes(options.sweepWidth(), ColumnLayout.BLOCK)
                + BeamRounding.bytes(options.pieceWidth(), piece));
  }

  @Override
  public double expectedCost(LayerShape shape) {
    Grid grid = shape.constraint().grid().orElseThrow();
    double mask = shape.constraint().sparsity().isPresent() ? pruning.expectedCost(shape) : 0;
    return mask
        + options.cost(grid, shape.rows(), shape.columns())
        + options.choices(grid, shape.columns());
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

  private final class Run {
    private final LayerProblem problem;
    private final Matrix w;
    private final Matrix c;
    private final Matrix target;
    private final Grid grid;
    private final boolean byGroups;
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
      this.byGroups = grid.sweepsByGroups();
      this.costSoFar = costSoFar;
      this.damping = damping;
      this.compute = compute;
      this.t = Matrix.allocate(allocator, w.rows(), w.columns());
      this.parameters =
          GridParameters.allocate(problem.constraint(), w.rows(), w.columns(), allocator);
      this.objectives = new double[options.rounds(grid) + 1][w.rows()];
    }

    Solution run(IterationListener listener) {
      double dense = Objective.dense(w, c, compute);
      try (Arena arena = Arena.ofShared()) {
        ColumnLayout layout = ColumnLayout.of(grid, c.rows());
        SweepOrder wanted = SweepOrder.of(byGroups, layout, c.rows());
        ColumnOrder order =
            problem
                .factors()
                .get(
                    wanted,
                    ColumnOrder.class,
                    ColumnOrder.bytes(c.rows()),
                    memory -> ColumnOrder.of(c, wanted.columns(c), DAMPING, compute, memory),
                    arena);
        damping = Math.max(damping, order.damping());
        RoundingPlan plan =
            RoundingPlan.of(
                order, c, layout, options.columnsOfPiece(), options.descents(), compute, arena);
        RowParts.forEach(
            compute,
            w.rows(),
            problem.layerRows(),
            (from, to, own) -> solvePart(plan, from, to, own));
      }
      Interruption.check();
      List<IterationRecord> trace = new ArrayList<>();
      for (int round = 0; round <= options.rounds(grid); round++) {
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
          options.rounds(grid),
          costSoFar + options.cost(grid, w.rows(), w.columns()),
          StopReason.ITERATION_LIMIT,
          damping);
    }

    private void solvePart(RoundingPlan plan, int from, int to, Arena arena) {
      boolean masked = problem.constraint().sparsity().isPresent();
      GridPart part =
          new GridPart(
              grid, w.rowRange(from, to), target.rowRange(from, to), masked, c, compute, arena);
      part.fitRange();
      part.round();
      keepBetter(part, from, to, 0);
      BeamSweep sweep = new BeamSweep(part.state(), plan, options.sweepWidth(), arena);
      LocalSearch search =
          new LocalSearch(
              part.state(),
              plan,
              options.pieceWidth(),
              options.columnsOfPiece(),
              part.layout().block(),
              arena);
      // Groups that are stored together are fitted together, before the sweep.
      boolean fit = sweep.fits() && byGroups && !grid.sharesUnits(c.rows());
      if (!fit) {
        part.fitGrid();
      }
      for (int round = 1; round <= options.rounds(grid); round++) {
        part.sweep(sweep, fit && round == 1);
        for (int descent = 0; descent < options.descents(); descent++) {
          part.descend(search, descent);
        }
        keepBetter(part, from, to, round);
        Interruption.check();
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

  /**
   * The order of a sweep, of which C's factor is shared by solves: all columns are one group where
   * the grid does not sweep by groups.
   */
  private record SweepOrder(int groupSize, int runLength) {
    static SweepOrder of(boolean byGroups, ColumnLayout layout, int columns) {
      return byGroups
          ? new SweepOrder(layout.groupSize(), layout.runLength())
          : new SweepOrder(columns, 1);
    }

    int[] columns(Matrix c) {
      return ColumnOrder.byGroups(c, groupSize, runLength);
    }
  }
}
