// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.pgd;

import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.compute.Compute;
import dev.awp.compute.RowParts;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.Sparsity;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.parallel.Pool;
import dev.awp.solver.Interruption;
import dev.awp.solver.IterationListener;
import dev.awp.solver.IterationRecord;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.StopReason;
import dev.awp.solver.mask.WandaSelection;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One run of projected gradient descent on one layer.
 *
 * <p>Rows are independent, so each worker takes a part of them through a whole iteration: the
 * product G = (W - T) C of the part, then one pass over its rows while they are in cache:
 * objective, gradient step, projection and the next residual. Threads meet once an iteration. Rows
 * that have converged leave the product. Memory beside W and C: the residual R (which Z
 * overwrites), G of a part, and two iterates T; a third one where the best is not the latest.
 */
final class PgdIteration {
  private final LayerProblem problem;
  private final PgdOptions options;
  private final PgdSchedule schedule;
  private final Compute compute;
  private final SegmentAllocator allocator;
  private final Matrix w;
  private final Matrix c;
  private final RightOperand products;
  private final Matrix r;
  private final Pool<Matrix> gradients;
  private final float eta;
  private final double[] objectiveOfRow;
  private final double[] gradientOfRow;
  private final double[] converged;
  private final boolean[] settled;
  private final int[] productsOfRow;
  private final float[] thresholds;
  private final List<Iterate> idle = new ArrayList<>();

  /** T with its grid. */
  private static final class Iterate {
    private final Matrix t;
    private final GridParameters grid;

    private Iterate(Matrix t, GridParameters grid) {
      this.t = t;
      this.grid = grid;
    }
  }

  /**
   * Prepares a run.
   *
   * @param allocator memory of the iterates, one of which is the solution
   * @param scratch memory that is needed until {@link #run} returns
   */
  PgdIteration(
      LayerProblem problem,
      PgdOptions options,
      Compute compute,
      SegmentAllocator allocator,
      Arena scratch) {
    this.problem = problem;
    this.options = options;
    this.schedule = new PgdSchedule(problem.constraint(), options);
    this.compute = compute;
    this.allocator = allocator;
    this.w = problem.weights();
    this.c = problem.secondMoment();
    this.products = compute.prepare(c, w.rows(), scratch);
    this.r = Matrix.allocate(scratch, w.rows(), w.columns());
    int most = RowParts.partRows(compute, w.rows(), w.rows(), products);
    this.gradients = new Pool<>(() -> Matrix.allocate(scratch, most, w.columns()));
    double norm = frobeniusNorm(c);
    this.eta = norm == 0 ? 0 : (float) (options.step() / norm);
    this.objectiveOfRow = new double[w.rows()];
    this.gradientOfRow = new double[w.rows()];
    this.settled = new boolean[w.rows()];
    this.productsOfRow = new int[w.rows()];
    this.thresholds = new float[w.rows()];
    Arrays.fill(thresholds, Float.NaN);
    this.converged = new double[w.rows()];
    double squared = options.tolerance() * options.tolerance();
    for (int row = 0; row < w.rows(); row++) {
      converged[row] = squared * compute.kernels().arithmetic().dot(w.row(row), w.row(row));
    }
  }

  Solution run(IterationListener listener) {
    double dense = Objective.dense(w, c, compute);
    double stopNorm = options.tolerance() * frobeniusNorm(w);
    List<IterationRecord> trace = new ArrayList<>();
    Iterate current = start();
    Iterate best = current;
    double bestObjective = Double.POSITIVE_INFINITY;
    StopReason stop = StopReason.ITERATION_LIMIT;
    for (int t = 0; ; t++) {
      boolean last = t == options.iterations();
      Iterate next = last ? current : takeIdle();
      iterate(t, current, next, last);
      IterationRecord record =
          new IterationRecord(
              t,
              Math.max(0, sum(objectiveOfRow)),
              Math.sqrt(sum(gradientOfRow)),
              schedule.isFeasible(t));
      trace.add(record);
      listener.iteration(record, dense);
      Iterate previousBest = best;
      if (record.feasible() && record.objective() < bestObjective) {
        best = current;
        bestObjective = record.objective();
      }
      boolean converged = record.feasible() && record.gradientNorm() < stopNorm;
      if (last || converged) {
        stop = converged ? StopReason.CONVERGED : stop;
        return solution(best, bestObjective, dense, trace, stop);
      }
      recycle(previousBest, best, next);
      recycle(current, best, next);
      current = next;
      Interruption.check();
    }
  }

  private Solution solution(
      Iterate best, double objective, double dense, List<IterationRecord> trace, StopReason stop) {
    int iterations = trace.size() - 1;
    double evaluated =
        compute.blas().precision() == Precision.F32
            ? objective
            : Objective.of(w, best.t, c, compute);
    // What rows took of the products of all evaluated iterates, and one for f(0).
    double cost = Arrays.stream(productsOfRow).sum() / (double) Math.max(1, w.rows()) + 1;
    return new Solution(best.t, best.grid, trace, dense, evaluated, iterations, cost, stop, 0);
  }

  /** G = R C and, unless it is the last time, Z = T + eta G, T' = Proj(Z), R = W - T'. */
  private void iterate(int t, Iterate current, Iterate next, boolean last) {
    Constraint constraint = schedule.at(t);
    RowParts.forEach(
        compute,
        w.rows(),
        w.rows(),
        products,
        gradients,
        (from, to, g) -> {
          multiply(from, to, g);
          try (Arena arena = Arena.ofConfined()) {
            RowProjection projection = projection(constraint, arena);
            for (int row = from; row < to; row++) {
              MemorySegment gradient = g.row(row - from);
              if (!settled[row]) {
                evaluate(row, gradient);
                settled[row] = schedule.isFeasible(t) && gradientOfRow[row] < converged[row];
              }
              if (!last) {
                advance(t, row, gradient, current, next, projection);
              }
            }
          }
        });
  }

  /**
   * Where the constraint only prunes, a row's threshold begins at the one of the last iteration.
   */
  private RowProjection projection(Constraint constraint, Arena arena) {
    if (constraint instanceof Sparsity sparsity) {
      return (z, t, parameters, row) ->
          thresholds[row] = sparsity.select(compute.kernels(), z, z, thresholds[row], t);
    }
    return constraint.rowProjection(compute.kernels(), w.columns(), arena);
  }

  /**
   * G = R C for the rows that have not settled, and for those that have to stay with them; once a
   * quarter may leave, the others are moved together.
   *
   * @param g [to - from or more, dIn], receives G
   */
  private void multiply(int from, int to, Matrix g) {
    int[] active = active(from, to);
    for (int row : active) {
      productsOfRow[row]++;
    }
    if (active.length > 0.75 * (to - from)) {
      products.multiply(r.rowRange(from, to), g.rowRange(0, to - from));
    } else if (active.length > 0) {
      try (Arena arena = Arena.ofConfined()) {
        Matrix residuals = Matrix.allocate(arena, active.length, w.columns());
        for (int i = 0; i < active.length; i++) {
          residuals.row(i).copyFrom(r.row(active[i]));
        }
        products.multiply(residuals, g.rowRange(0, active.length));
      }
      // Apart again, the last first: none overwrites one that has not moved yet.
      for (int i = active.length - 1; i >= 0; i--) {
        g.row(active[i] - from).copyFrom(g.row(i));
      }
    }
  }

  /** The rows that stay in the product: whole groups, for the sake of their last bits. */
  private int[] active(int from, int to) {
    int together = compute.workers().rowsTogether(w.rows());
    IntStream.Builder rows = IntStream.builder();
    for (int first = from; first < to; first += together) {
      int end = Math.min(first + together, to);
      if (IntStream.range(first, end).anyMatch(row -> !settled[row])) {
        IntStream.range(first, end).forEach(rows);
      }
    }
    return rows.build().toArray();
  }

  /** A settled row stays what it is; one that its projection gives back has settled. */
  private void advance(
      int t, int row, MemorySegment g, Iterate current, Iterate next, RowProjection projection) {
    if (settled[row]) {
      next.t.row(row).copyFrom(current.t.row(row));
      next.grid.copyRow(current.grid, row);
      return;
    }
    step(row, g, current, next, projection);
    settled[row] = schedule.isFeasible(t + 1) && next.t.row(row).mismatch(current.t.row(row)) < 0;
  }

  private void evaluate(int row, MemorySegment g) {
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    objectiveOfRow[row] = arithmetic.dot(r.row(row), g);
    gradientOfRow[row] = arithmetic.dot(g, g);
  }

  private void step(
      int row, MemorySegment g, Iterate current, Iterate next, RowProjection projection) {
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    MemorySegment z = r.row(row);
    MemorySegment t = next.t.row(row);
    arithmetic.multiplyAdd(eta, g, current.t.row(row), z);
    projection.project(z, t, next.grid, row);
    arithmetic.subtract(w.row(row), t, r.row(row));
  }

  private Iterate start() {
    Iterate first = takeIdle();
    switch (options.start()) {
      case DENSE -> first.t.copyFrom(w);
      case NEAREST -> problem.constraint().project(w, first.t, first.grid, compute);
      case WANDA -> selectByWanda(first.t);
    }
    RowParts.forEach(
        compute,
        w.rows(),
        w.rows(),
        (from, to, arena) -> {
          for (int row = from; row < to; row++) {
            compute.kernels().arithmetic().subtract(w.row(row), first.t.row(row), r.row(row));
          }
        });
    return first;
  }

  private void selectByWanda(Matrix t) {
    Sparsity sparsity = problem.constraint().sparsity().orElseThrow();
    RowParts.forEach(
        compute,
        w.rows(),
        w.rows(),
        (from, to, arena) -> {
          RowProjection wanda = WandaSelection.of(sparsity, c, compute, arena);
          GridParameters none = GridParameters.allocate(sparsity, 0, 0, arena);
          for (int row = from; row < to; row++) {
            wanda.project(w.row(row), t.row(row), none, row);
          }
        });
  }

  private Iterate takeIdle() {
    if (!idle.isEmpty()) {
      return idle.removeLast();
    }
    return new Iterate(
        Matrix.allocate(allocator, w.rows(), w.columns()),
        GridParameters.allocate(problem.constraint(), w.rows(), w.columns(), allocator));
  }

  private void recycle(Iterate used, Iterate best, Iterate next) {
    if (used != best && used != next && !idle.contains(used)) {
      idle.add(used);
    }
  }

  private double frobeniusNorm(Matrix x) {
    double sum = 0;
    for (int row = 0; row < x.rows(); row++) {
      sum += compute.kernels().arithmetic().dot(x.row(row), x.row(row));
    }
    return Math.sqrt(sum);
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }
}
