// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.splitting;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.RightOperand;
import dev.awp.compute.Compute;
import dev.awp.compute.RowParts;
import dev.awp.compute.Rows;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.Sparsity;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.parallel.Pool;
import dev.awp.solver.IterationListener;
import dev.awp.solver.IterationRecord;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.StopReason;
import dev.awp.solver.mask.MaskExchange;
import dev.awp.solver.mask.MaskedLeastSquares;
import dev.awp.solver.mask.WandaSelection;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One run of {@link OperatorSplitting} on the rows of a layer, or on some of them. Rows are
 * independent: inside a stage each worker takes a part of them through all iterations. Memory
 * beside W and C: T and V of W's size, and scratch for a part of the rows a worker.
 *
 * <p>As W = W (C + rho D^2) (C + rho D^2)^-1, the product is taken of what X differs from W by: X =
 * W + rho (T - V - W) D [D (C + rho D^2)^-1 D] D^-1. That needs no W C, and rounds a smaller
 * number.
 */
final class SplittingIteration {
  private final SplittingOptions options;
  private final Sparsity sparsity;
  private final Compute compute;
  private final ArithmeticKernels arithmetic;
  private final Matrix w;
  private final int layerRows;
  private final Matrix c;
  private final Matrix t;
  private final GridParameters grid;
  private final Matrix v;
  private final Pool<Part> parts;
  private int mostRows;
  private final SplittingInverses inverses;
  private final SplittingMetric metric;
  private final double[] startObjectives;
  private final double[] objectiveOfRow;
  private final int leastSquaresSteps;
  private double[][] objectives;
  private final float[] thresholds;
  private double exchangeFlops;

  /**
   * Prepares a run.
   *
   * @param inverses of the problem's C
   * @param allocator memory of the solution
   * @param scratch memory that is needed until the run ends
   * @param stages memory that is needed until the last stage ends; usable by all threads
   */
  SplittingIteration(
      LayerProblem problem,
      SplittingInverses inverses,
      Compute compute,
      SegmentAllocator allocator,
      SegmentAllocator scratch,
      SegmentAllocator stages) {
    this.options = inverses.options();
    this.inverses = inverses;
    this.metric = inverses.metric();
    this.sparsity = problem.constraint().sparsity().orElseThrow();
    this.compute = compute;
    this.arithmetic = compute.kernels().arithmetic();
    this.w = problem.weights();
    this.layerRows = problem.layerRows();
    this.c = problem.secondMoment();
    this.t = Matrix.allocate(allocator, w.rows(), w.columns());
    this.grid = GridParameters.allocate(sparsity, w.rows(), w.columns(), allocator);
    this.v = Matrix.allocate(scratch, w.rows(), w.columns());
    this.parts =
        new Pool<>(
            () ->
                new Part(
                    Matrix.allocate(stages, mostRows, w.columns()),
                    Matrix.allocate(stages, mostRows, w.columns())));
    this.thresholds = new float[w.rows()];
    Arrays.fill(thresholds, Float.NaN);
    this.startObjectives = new double[w.rows()];
    this.objectiveOfRow = new double[w.rows()];
    this.leastSquaresSteps = options.leastSquaresSteps(compute.blas().precision());
    this.objectives = new double[leastSquaresSteps + 1][w.rows()];
  }

  /** What a stage needs for some rows: right sides, and their products. */
  private record Part(Matrix b, Matrix x) {}

  /** The iterate after X = W, which no rho changes: T = Proj(W), V = W - T. */
  void start() {
    Rows.forEach(
        compute,
        w.rows(),
        (from, to, scratch) -> {
          MemorySegment scores = scratch.allocate(JAVA_FLOAT, w.columns());
          for (int row = from; row < to; row++) {
            select(row, w.row(row), scores, false);
          }
        });
  }

  /**
   * The iterations of one stage.
   *
   * @param inverse D (C + rho D^2)^-1 D
   */
  void runStage(SplittingMetric.Inverse inverse, int stage) {
    double rho = options.rho(stage);
    float dualFactor = stage == 0 ? 1 : (float) (options.rho(stage - 1) / rho);
    boolean last = stage == options.stages() - 1;
    try (Arena shared = Arena.ofShared()) {
      RightOperand beside = compute.prepare(inverse.beside(), layerRows, shared);
      mostRows = RowParts.partRows(compute, w.rows(), layerRows, beside);
      MemorySegment penalty = shared.allocate(JAVA_FLOAT, w.columns());
      arithmetic.scale(metric.root(), (float) rho, penalty);
      RowParts.forEach(
          compute,
          w.rows(),
          layerRows,
          beside,
          parts,
          (from, to, part) -> {
            Matrix b = part.b().rowRange(0, to - from);
            Matrix x = part.x().rowRange(0, to - from);
            for (int i = 0; i < options.iterationsPerStage(); i++) {
              float factor = i == 0 ? dualFactor : 1;
              for (int row = from; row < to; row++) {
                rightSide(row, factor, penalty, b.row(row - from));
              }
              beside.multiply(b, x);
              boolean lastTime = last && i == options.iterationsPerStage() - 1;
              for (int row = from; row < to; row++) {
                update(row, x.row(row - from), b.row(row - from), inverse.diagonal(), lastTime);
              }
            }
          });
    }
  }

  /** b = rho (T - V - W) D, V scaled to the new rho first. */
  private void rightSide(int row, float dualFactor, MemorySegment penalty, MemorySegment b) {
    if (dualFactor != 1) {
      arithmetic.scale(v.row(row), dualFactor, v.row(row));
    }
    arithmetic.subtract(t.row(row), v.row(row), b);
    arithmetic.subtract(b, w.row(row), b);
    arithmetic.multiply(b, penalty, b);
  }

  /**
   * X = W + B [D (C + rho D^2)^-1 D] D^-1, and what follows from it.
   *
   * @param x the product of b with what is beside the inverse's diagonal; receives X
   * @param b overwritten
   */
  private void update(
      int row, MemorySegment x, MemorySegment b, MemorySegment diagonal, boolean last) {
    arithmetic.multiply(b, diagonal, b);
    arithmetic.add(x, b, x);
    arithmetic.multiply(x, metric.inverseRoot(), x);
    arithmetic.add(w.row(row), x, x);
    select(row, x, b, last);
  }

  /** Z = X + V, T = Proj(Z), V = Z - T; the last T takes its values from X, the solution's. */
  private void select(int row, MemorySegment x, MemorySegment scores, boolean last) {
    MemorySegment dual = v.row(row);
    arithmetic.add(x, dual, dual);
    arithmetic.multiply(dual, metric.root(), scores);
    thresholds[row] = sparsity.select(compute.kernels(), scores, dual, thresholds[row], t.row(row));
    arithmetic.subtract(dual, t.row(row), dual);
    if (last) {
      compute.kernels().selection().applyMask(t.row(row), x, t.row(row));
    }
  }

  /**
   * After the stages: least squares on the mask and, where they are asked for, exchanges in it; or
   * Wanda's selection where it is better.
   */
  void improve() {
    if (metric.isDefined()) {
      solveLeastSquares();
      if (options.exchanges()) {
        exchange();
      }
    }
    takeBetterStart();
  }

  private void solveLeastSquares() {
    try (Arena arena = Arena.ofShared()) {
      RightOperand products = compute.prepare(c, layerRows, arena);
      // V is not needed any more.
      objectives =
          new MaskedLeastSquares(w, c, t, layerRows, compute).run(leastSquaresSteps, products, v);
    }
  }

  /** Takes what the exchanges find in those rows where f, evaluated as for the others, falls. */
  private void exchange() {
    double density = sparsity.density();
    double[] flops = new double[w.rows()];
    RowParts.forEach(
        compute,
        w.rows(),
        layerRows,
        (from, to, arena) -> {
          MaskExchange search = new MaskExchange(sparsity, c);
          Matrix found = Matrix.allocate(arena, to - from, w.columns());
          for (int row = from; row < to; row++) {
            search.improve(w.row(row), t.row(row), found.row(row - from));
          }
          flops[from] = search.flops(density);
          double[] before = objectives(t.rowRange(from, to), from);
          double[] after = objectives(found, from);
          for (int row = from; row < to; row++) {
            if (after[row - from] < before[row - from]) {
              t.row(row).copyFrom(found.row(row - from));
            }
          }
        });
    exchangeFlops =
        Arrays.stream(flops).sum() + w.rows() * MaskExchange.startFlops(w.columns(), density);
  }

  /** f of some rows of T, of which the first belongs to that row of W. */
  private double[] objectives(Matrix some, int first) {
    return Objective.ofEachRow(w.rowRange(first, first + some.rows()), some, c, compute);
  }

  /** Rows for which Wanda's selection is better take it: never worse than the cheap start. */
  private void takeBetterStart() {
    RowParts.forEach(
        compute,
        w.rows(),
        layerRows,
        (from, to, arena) -> {
          RowProjection wanda = WandaSelection.of(sparsity, c, compute, arena);
          Matrix start = Matrix.allocate(arena, to - from, w.columns());
          for (int row = from; row < to; row++) {
            wanda.project(w.row(row), start.row(row - from), grid, row);
          }
          double[] ofStart = objectives(start, from);
          double[] ofFound = objectives(t.rowRange(from, to), from);
          for (int row = from; row < to; row++) {
            int i = row - from;
            startObjectives[row] = ofStart[i];
            boolean finite = arithmetic.firstNonFinite(t.row(row)) < 0;
            boolean better = metric.isDefined() && finite && ofFound[i] <= ofStart[i];
            if (!better) {
              t.row(row).copyFrom(start.row(i));
            }
            objectiveOfRow[row] = better ? ofFound[i] : ofStart[i];
          }
        });
  }

  private double cost() {
    double product = 2.0 * w.rows() * w.columns() * w.columns();
    double exchanges = options.exchanges() && product > 0 ? 2 + exchangeFlops / product : 0;
    return options.cost(w.rows(), w.columns(), compute.blas().precision()) + exchanges;
  }

  private static void record(List<IterationRecord> trace, int iteration, double[] ofRows) {
    double total = Arrays.stream(ofRows).sum();
    if (Double.isFinite(total)) {
      trace.add(new IterationRecord(iteration, Math.max(0, total), Double.NaN, true));
    }
  }

  /**
   * The trace holds what costs nothing to know: Wanda's start, and the steps of least squares. f of
   * the iterates between them would take a product each.
   */
  Solution solution(IterationListener listener) {
    double dense = Objective.dense(w, c, compute);
    int splitting = options.stages() * options.iterationsPerStage();
    int iterations = splitting + leastSquaresSteps;
    List<IterationRecord> trace = new ArrayList<>();
    record(trace, 0, startObjectives);
    for (int step = 0; step < leastSquaresSteps; step++) {
      record(trace, splitting + step, objectives[step]);
    }
    double objective = Math.max(0, Arrays.stream(objectiveOfRow).sum());
    trace.add(new IterationRecord(iterations, objective, Double.NaN, true));
    trace.forEach(record -> listener.iteration(record, dense));
    return new Solution(
        t,
        grid,
        trace,
        dense,
        objective,
        iterations,
        cost(),
        StopReason.ITERATION_LIMIT,
        inverses.damping());
  }
}
