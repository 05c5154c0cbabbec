// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.constraint.Constraint;
import dev.awp.kernel.Compute;
import java.lang.foreign.SegmentAllocator;

/** A method that compresses one layer. Solvers do no I/O and know nothing of files and models. */
public interface Solver {
  /** The word for {@code --solver}. */
  String name();

  /** Whether the method can serve that constraint. */
  boolean supports(Constraint constraint);

  /** Whether solutions on a grid have channel scales, for which the grid file then has room. */
  default boolean usesChannelScales() {
    return false;
  }

  /**
   * Whether the solve's cost lies in products with prepared operands, so that they may have lower
   * precision.
   */
  default boolean multipliesPrepared(Constraint constraint) {
    return false;
  }

  /** Whether a solve decomposes C, so that some of the rows cost a good part of what all cost. */
  default boolean decomposes() {
    return false;
  }

  /**
   * This solver with the settings that it takes for a layer of so many rows, to solve a sample of
   * them: what is learnt of the sample is then true of the layer.
   */
  default Solver forSampleOf(int rows) {
    return this;
  }

  /**
   * The most off-heap memory that a solve takes, in bytes, its solution included: what {@code
   * --memory-limit} is held against. By default a bound for methods that keep a few copies of W and
   * C.
   */
  default long memoryBytes(LayerShape shape) {
    return 8 * shape.layer()
        + 4 * shape.grid()
        + 3 * shape.square()
        + 8 * shape.parts(shape.columns())
        + 3 * shape.parts(Math.max(128, shape.unitSize()))
        + shape.objective()
        + shape.panels();
  }

  /**
   * About what a solve costs, in units of 2 dOut dIn^2 flops, for estimates of time. By default a
   * factor of C, a sweep, and the evaluation of f and f(0).
   */
  default double expectedCost(LayerShape shape) {
    return 4 + shape.columns() / (double) Math.max(1, shape.rows());
  }

  /**
   * Solves one layer.
   *
   * @param allocator memory of the solution, usable from all threads; the solver's own memory is
   *     freed before it returns
   * @param listener hears every iteration
   */
  Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener);
}
