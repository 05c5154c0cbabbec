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
