// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.constraint.Constraint;
import dev.awp.kernel.Compute;
import dev.awp.kernel.MixedBlas;
import dev.awp.kernel.MixedPrecision;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/**
 * Which precision the products of a layer's solve may have. Rows are independent, so a sample of
 * them tells what the layer would: it is solved in float32 and in each lower precision, the fastest
 * first, until one is found whose objective, evaluated in float32, is as good. Nothing depends on
 * time or threads.
 */
public final class PrecisionTrial {
  /** Half of the 1 % that the layer's objective may lose: the other half is for the sample. */
  private static final double TOLERANCE = 0.005;

  /** dOut dIn^2 from which on the trial's share of the time is made good: 2048^3. */
  private static final long WORTHWHILE = 1L << 33;

  private static final int SAMPLE_SHARE = 32;
  private static final int SMALLEST_SAMPLE = 64;
  private static final int LARGEST_SAMPLE = 128;
  private static final long SEED = 0x62663136;

  private final long worthwhile;

  public PrecisionTrial() {
    this(WORTHWHILE);
  }

  /**
   * With a threshold of one's own.
   *
   * @param worthwhile dOut dIn^2 below which a layer is solved in float32
   */
  PrecisionTrial(long worthwhile) {
    this.worthwhile = worthwhile;
  }

  /**
   * Whether a layer of that size may be solved in lower precision: never where there is none, and
   * unless it is forced, not where a trial would cost more than can be saved: for small layers, and
   * for solvers that decompose C where that is dearer than a product, with fewer rows than columns.
   * Elsewhere the layer takes over what the trial has decomposed.
   */
  public boolean isPossible(
      MixedPrecision lower, Solver solver, Constraint constraint, int rows, int columns) {
    if (lower.candidates().isEmpty() || !solver.multipliesPrepared(constraint)) {
      return false;
    }
    boolean pays = !solver.decomposes() || rows >= columns;
    return lower.isForced() || (pays && (long) rows * columns * columns >= worthwhile);
  }

  /** What to solve the problem on. */
  public Compute choose(LayerProblem problem, Solver solver, Compute compute) {
    MixedPrecision lower = compute.lower();
    Matrix w = problem.weights();
    if (!isPossible(lower, solver, problem.constraint(), w.rows(), w.columns())) {
      return compute;
    }
    if (lower.isForced()) {
      return compute.with(lower.candidates().getFirst());
    }
    try (Arena arena = Arena.ofShared()) {
      LayerProblem sample = sample(problem, arena);
      Solver sampled = solver.forSampleOf(w.rows());
      double limit = (1 + TOLERANCE) * objective(sample, sampled, compute, compute);
      for (MixedBlas candidate : lower.candidates()) {
        Compute mixed = compute.with(candidate);
        if (objective(sample, sampled, mixed, compute) <= limit) {
          return mixed;
        }
      }
    }
    return compute;
  }

  private static double objective(
      LayerProblem sample, Solver solver, Compute compute, Compute f32) {
    try (Arena arena = Arena.ofShared()) {
      Solution solution = solver.solve(sample, compute, arena, IterationListener.NONE);
      return Objective.of(sample.weights(), solution.weights(), sample.secondMoment(), f32);
    }
  }

  /** The problem of some rows: one at random from each of as many equal stretches. */
  private static LayerProblem sample(LayerProblem problem, Arena arena) {
    Matrix w = problem.weights();
    int wanted = Math.clamp(w.rows() / SAMPLE_SHARE, SMALLEST_SAMPLE, LARGEST_SAMPLE);
    int rows = Math.min(w.rows(), wanted);
    SplittableRandom random = new SplittableRandom(SEED);
    Matrix sample = Matrix.allocate(arena, rows, w.columns());
    for (int i = 0; i < rows; i++) {
      int from = (int) ((long) i * w.rows() / rows);
      int to = (int) ((i + 1L) * w.rows() / rows);
      sample.row(i).copyFrom(w.row(random.nextInt(from, to)));
    }
    return new LayerProblem(
        sample, problem.secondMoment(), problem.constraint(), problem.factors());
  }
}
