// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.pgd;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.LayerShape;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.function.Function;

/**
 * Projected gradient descent, the method of the paper (AWP, arXiv 2506.10205, algorithm 1):
 *
 * <pre>
 *   Z     = T + eta (W - T) C
 *   T     = Proj(Z)
 * </pre>
 *
 * with the settings of {@link PgdOptions#forConstraint}. Onto a grid the iteration is not monotone:
 * the best iterate in the constraint set is returned.
 */
public final class ProjectedGradient implements Solver {
  private final Function<Constraint, PgdOptions> options;

  /** With the paper's settings. */
  public ProjectedGradient() {
    this(PgdOptions::forConstraint);
  }

  /** With settings of one's own, chosen by constraint. */
  public ProjectedGradient(Function<Constraint, PgdOptions> options) {
    this.options = options;
  }

  @Override
  public String name() {
    return "pgd";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return true;
  }

  @Override
  public boolean multipliesPrepared(Constraint constraint) {
    return true;
  }

  @Override
  public long memoryBytes(LayerShape shape) {
    return 4 * shape.layer()
        + 3 * shape.grid()
        + shape.prepared()
        + Math.max(2 * shape.parts(shape.columns()), shape.objective())
        + shape.panels();
  }

  /** Without what stopping early and rows that have converged save. */
  @Override
  public double expectedCost(LayerShape shape) {
    return options.apply(shape.constraint()).iterations() + 1;
  }

  /** How many rows still move decides how they are moved on. */
  @Override
  public int rangeRows(LayerShape shape) {
    return shape.rows();
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    PgdOptions settings = options.apply(problem.constraint());
    if (settings.start() == PgdOptions.Start.WANDA && problem.constraint().grid().isPresent()) {
      throw new IllegalArgumentException("Wanda's selection is no start for a grid");
    }
    try (Arena scratch = Arena.ofShared()) {
      return new PgdIteration(problem, settings, compute, allocator, scratch).run(listener);
    }
  }
}
