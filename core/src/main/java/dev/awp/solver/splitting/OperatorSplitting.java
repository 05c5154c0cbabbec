// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.splitting;

import dev.awp.blas.Precision;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.Sparsity;
import dev.awp.parallel.Workers;
import dev.awp.solver.Interruption;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;

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
    long leastSquares = 3 * part + shape.prepared();
    return 2 * shape.layer()
        + Math.max(stages, Math.max(leastSquares, shape.objective()))
        + shape.panels();
  }

  @Override
  public double expectedCost(LayerShape shape) {
    double density = shape.constraint().sparsity().orElseThrow().density();
    return options.of(shape.columns(), density).cost(shape.rows(), shape.columns(), Precision.F32);
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    try (Arena scratch = Arena.ofShared()) {
      SplittingIteration rows;
      try (Arena stages = Arena.ofShared();
          SplittingInverses inverses = new SplittingInverses(problem, settings(problem), compute)) {
        rows = new SplittingIteration(problem, inverses, compute, allocator, scratch, stages);
        runStages(inverses, rows::start, rows::runStage);
      }
      rows.improve();
      return rows.solution(listener);
    }
  }

  /**
   * Both in the same stages, which share their inverses: these cost as much as all products. One
   * thread takes the sample through a stage beside the others.
   */
  @Override
  public Sampled solveSampled(
      LayerProblem problem,
      Compute compute,
      Matrix sample,
      Compute f32,
      Arena arena,
      IterationListener listener) {
    Workers workers = compute.workers();
    try (Arena scratch = Arena.ofShared()) {
      SplittingIteration rows;
      SplittingIteration sampled;
      try (Arena stages = Arena.ofShared();
          SplittingInverses inverses = new SplittingInverses(problem, settings(problem), f32)) {
        rows = new SplittingIteration(problem, inverses, compute, arena, scratch, stages);
        sampled =
            new SplittingIteration(
                problem.of(sample), inverses, f32.onOneThread(), arena, scratch, stages);
        runStages(
            inverses,
            () -> workers.beside(sampled::start, rows::start),
            (inverse, stage) ->
                workers.beside(
                    () -> sampled.runStage(inverse, stage), () -> rows.runStage(inverse, stage)));
      }
      workers.beside(sampled::improve, rows::improve);
      return new Sampled(rows.solution(listener), sampled.solution(IterationListener.NONE));
    }
  }

  private SplittingOptions settings(LayerProblem problem) {
    double density = problem.constraint().sparsity().orElseThrow().density();
    return options.of(problem.weights().columns(), density);
  }

  private interface Stage {
    void run(SplittingMetric.Inverse inverse, int index);
  }

  private static void runStages(SplittingInverses inverses, Runnable start, Stage stage) {
    if (inverses.metric().isDefined()) {
      start.run();
      for (int i = 0; i < inverses.options().stages(); i++) {
        stage.run(inverses.of(i), i);
        Interruption.check();
      }
    }
  }
}
