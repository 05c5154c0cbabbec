// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.Sparsity;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.List;

/**
 * Pruning by operator splitting (the alternating direction method of multipliers; Boyd et al. 2011,
 * section 9.1, and for this problem ALPS, Meng et al. 2024), in a metric of its own:
 *
 * <pre>
 *   X = (W C + rho (T - V) D^2) (C + rho D^2)^-1
 *   Z = X + V;    T = Proj(Z D) D^-1;    V = Z - T
 *   then least squares on the mask of T, by conjugate gradient
 * </pre>
 *
 * <p>D_jj^2 = 1 / [(C + lambda diag C)^-1]_jj, what the loss of entry j costs when all others may
 * make up for it: the saliency of the optimal brain surgeon (Hassibi and Stork 1993). ALPS has D^2
 * = diag C. rho rises geometrically in stages; inside a stage an iteration is one product with the
 * stage's inverse ({@link SplittingInverses}). What was tried and measured is in docs/solvers.md.
 */
public final class OperatorSplitting implements Solver {
  private final SplittingOptions.Choice options;

  /** The default cost: 37 products with C, and inverses. */
  public OperatorSplitting() {
    this((_, density) -> SplittingOptions.standard(density));
  }

  /**
   * With settings of one's own.
   *
   * @param options for a layer
   */
  public OperatorSplitting(SplittingOptions.Choice options) {
    this.options = options;
  }

  @Override
  public String name() {
    return "admm";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint instanceof Sparsity;
  }

  @Override
  public boolean multipliesPrepared(Constraint constraint) {
    return true;
  }

  @Override
  public long memoryBytes(LayerShape shape) {
    long part = shape.parts(shape.columns());
    long stages = 2 * shape.square() + 2 * part + shape.prepared();
    long leastSquares = 4 * part + shape.prepared();
    return 2 * shape.layer()
        + Math.max(stages, Math.max(leastSquares, shape.objective()))
        + shape.panels();
  }

  @Override
  public double expectedCost(LayerShape shape) {
    double density = shape.constraint().sparsity().orElseThrow().density();
    return options.of(shape.columns(), density).cost(shape.rows(), shape.columns());
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    try (Arena scratch = Arena.ofShared()) {
      SplittingIteration rows;
      try (SplittingInverses inverses =
          new SplittingInverses(problem, settings(problem), compute)) {
        rows = new SplittingIteration(problem, inverses, compute, allocator, scratch);
        runStages(inverses, List.of(rows));
      }
      rows.improve();
      return rows.solution(listener);
    }
  }

  /** Both in the same stages, which share their inverses: these cost as much as all products. */
  @Override
  public Sampled solveSampled(
      LayerProblem problem,
      Compute compute,
      Matrix sample,
      Compute f32,
      Arena arena,
      IterationListener listener) {
    try (Arena scratch = Arena.ofShared()) {
      SplittingIteration rows;
      SplittingIteration sampled;
      try (SplittingInverses inverses = new SplittingInverses(problem, settings(problem), f32)) {
        rows = new SplittingIteration(problem, inverses, compute, arena, scratch);
        sampled = new SplittingIteration(problem.of(sample), inverses, f32, arena, scratch);
        runStages(inverses, List.of(rows, sampled));
      }
      rows.improve();
      sampled.improve();
      return new Sampled(rows.solution(listener), sampled.solution(IterationListener.NONE));
    }
  }

  private SplittingOptions settings(LayerProblem problem) {
    double density = problem.constraint().sparsity().orElseThrow().density();
    return options.of(problem.weights().columns(), density);
  }

  private static void runStages(SplittingInverses inverses, List<SplittingIteration> solves) {
    if (inverses.metric().isDefined()) {
      solves.forEach(SplittingIteration::start);
      for (int stage = 0; stage < inverses.options().stages(); stage++) {
        SplittingMetric.Inverse inverse = inverses.of(stage);
        for (SplittingIteration solve : solves) {
          solve.runStage(inverse, stage);
        }
        Interruption.check();
      }
    }
  }
}
