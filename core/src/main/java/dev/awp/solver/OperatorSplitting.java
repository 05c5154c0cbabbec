// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.Sparsity;
import dev.awp.kernel.Compute;
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
 * stage's inverse. What was tried and measured is in docs/solvers.md.
 */
public final class OperatorSplitting implements Solver {
  private final SplittingOptions.Choice options;

  /** The default cost: 48 products with C or fewer. */
  public OperatorSplitting() {
    this(SplittingOptions::standard);
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
  public boolean decomposes() {
    return true;
  }

  @Override
  public Solver forSampleOf(int rows) {
    return new OperatorSplitting(
        (ofSample, columns, density) -> options.of(rows, columns, density));
  }

  @Override
  public long memoryBytes(LayerShape shape) {
    return 2 * shape.layer()
        + shape.square()
        + Math.max(4 * shape.parts(shape.columns()), shape.objective())
        + shape.panels();
  }

  @Override
  public double expectedCost(LayerShape shape) {
    double density = shape.constraint().sparsity().orElseThrow().density();
    return options.of(shape.rows(), shape.columns(), density).cost(shape.rows(), shape.columns());
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    double density = problem.constraint().sparsity().orElseThrow().density();
    SplittingOptions settings =
        options.of(problem.weights().rows(), problem.weights().columns(), density);
    try (Arena scratch = Arena.ofShared()) {
      return new SplittingIteration(problem, settings, compute, allocator, scratch).run(listener);
    }
  }
}
