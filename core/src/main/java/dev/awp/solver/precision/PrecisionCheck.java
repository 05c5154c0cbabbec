// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.precision;

import dev.awp.blas.Precision;
import dev.awp.blas.mixed.MixedBlas;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.function.Function;

/**
 * Solves layers in the lowest precision that serves. Rows are independent, so a sample of them
 * tells what the layer loses: it is solved in float32 beside the layer, and the layer's solution is
 * taken unless the objective of these rows, evaluated in float32, is worse; else the next
 * precision's turn comes, and float32's in the end. Nothing depends on time or threads.
 */
public final class PrecisionCheck {
  /** Half of the 1 % that the layer's objective may lose: the other half is for the sample. */
  private static final double TOLERANCE = 0.005;

  /** dOut dIn^2 from which on the sample's share of the time is made good: 2048^3. */
  private static final long WORTHWHILE = 1L << 33;

  private static final int SAMPLE_SHARE = 64;
  private static final int SMALLEST_SAMPLE = 64;
  private static final int LARGEST_SAMPLE = 128;

  /** Matrices like the sample that its solve takes. */
  private static final int SAMPLE_MATRICES = 10;

  private final long worthwhile;

  public PrecisionCheck() {
    this(WORTHWHILE);
  }

  /**
   * With a threshold of one's own.
   *
   * @param worthwhile dOut dIn^2 below which a layer is solved in float32
   */
  PrecisionCheck(long worthwhile) {
    this.worthwhile = worthwhile;
  }

  /**
   * A layer's solution and the precision of its products.
   *
   * @param arena memory of the solution
   */
  public record Solved(Solution solution, Precision precision, Arena arena)
      implements AutoCloseable {
    @Override
    public void close() {
      arena.close();
    }
  }

  /**
   * Whether a layer of that size may be solved in lower precision: never where there is none, and
   * unless it is forced, not a small layer, whose sample would cost more than can be saved.
   */
  public boolean isPossible(
      MixedPrecision lower, Solver solver, Constraint constraint, int rows, int columns) {
    return !lower.candidates().isEmpty()
        && solver.multipliesPrepared(constraint)
        && (lower.isForced() || (long) rows * columns * columns >= worthwhile);
  }

  /** The most off-heap memory that a sample takes beside its layer's solve, in bytes. */
  public static long sampleBytes(int columns) {
    return (long) SAMPLE_MATRICES * LARGEST_SAMPLE * columns * Float.BYTES;
  }

  /** Solves a layer. */
  public Solved solve(
      LayerProblem problem, Solver solver, Compute compute, IterationListener listener) {
    MixedPrecision lower = compute.lower();
    Matrix w = problem.weights();
    if (isPossible(lower, solver, problem.constraint(), w.rows(), w.columns())) {
      if (lower.isForced()) {
        return solveOn(compute.with(lower.candidates().getFirst()), problem, solver, listener);
      }
      for (MixedBlas candidate : lower.candidates()) {
        Compute mixed = compute.with(candidate);
        Optional<Solved> solved =
            attempt(mixed, arena -> solveChecked(mixed, problem, solver, compute, arena, listener));
        if (solved.isPresent()) {
          return solved.get();
        }
      }
    }
    return solveOn(compute, problem, solver, listener);
  }

  private static Solved solveOn(
      Compute compute, LayerProblem problem, Solver solver, IterationListener listener) {
    return attempt(compute, arena -> Optional.of(solver.solve(problem, compute, arena, listener)))
        .orElseThrow();
  }

  /** Memory for a solution that is freed at once where there is none. */
  @SuppressWarnings("MustBeClosed") // the arena is closed with what is returned, or below
  private static Optional<Solved> attempt(Compute on, Function<Arena, Optional<Solution>> solve) {
    Arena arena = Arena.ofShared();
    Optional<Solved> solved = Optional.empty();
    try {
      Precision precision = on.blas().precision();
      solved = solve.apply(arena).map(solution -> new Solved(solution, precision, arena));
      return solved;
    } finally {
      if (solved.isEmpty()) {
        arena.close();
      }
    }
  }

  /** Empty where the sample loses too much. */
  private static Optional<Solution> solveChecked(
      Compute mixed,
      LayerProblem problem,
      Solver solver,
      Compute f32,
      Arena arena,
      IterationListener listener) {
    Matrix w = problem.weights();
    RowSample rows = new RowSample(w.rows(), sampleRows(w.rows()));
    Matrix sample = rows.of(w, arena);
    Solver.Sampled both = solver.solveSampled(problem, mixed, sample, f32, arena, listener);
    Matrix c = problem.secondMoment();
    Matrix found = rows.of(both.layer().weights(), arena);
    boolean good =
        isGood(
            Objective.ofEachRow(sample, both.sample().weights(), c, f32),
            Objective.ofEachRow(sample, found, c, f32));
    return good ? Optional.of(both.layer()) : Optional.empty();
  }

  private static int sampleRows(int rows) {
    return Math.clamp(rows / SAMPLE_SHARE, SMALLEST_SAMPLE, LARGEST_SAMPLE);
  }

  /**
   * Whether the loss is within {@link #TOLERANCE}, or no further beyond than its standard error:
   * rows find other masks with other rounding, as good in the mean, and on some layers that
   * scatters by a tenth from row to row.
   *
   * @param expected f of the sample's rows in float32
   * @param found f of the same rows in the precision that is checked
   */
  static boolean isGood(double[] expected, double[] found) {
    int n = expected.length;
    double total = 0;
    double loss = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double d = found[i] - expected[i];
      total += expected[i];
      loss += d;
      squares += d * d;
    }
    double variance = Math.max(0, squares - loss * loss / n) * n / Math.max(1, n - 1);
    return loss - Math.sqrt(variance) <= TOLERANCE * total;
  }
}
