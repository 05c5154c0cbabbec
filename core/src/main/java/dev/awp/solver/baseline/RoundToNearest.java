// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.IntegerGrid;
import dev.awp.kernel.Compute;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import java.lang.foreign.SegmentAllocator;

/** Round to nearest: each weight to the nearest point of its group's grid, calibration ignored. */
public final class RoundToNearest implements Solver {
  @Override
  public String name() {
    return "rtn";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint instanceof IntegerGrid;
  }

  @Override
  public Solution solve(
      LayerProblem problem,
      Compute compute,
      SegmentAllocator allocator,
      IterationListener listener) {
    return OneShot.solve(
        problem,
        compute,
        allocator,
        listener,
        scratch ->
            problem
                .constraint()
                .rowProjection(compute.kernels(), problem.weights().columns(), scratch));
  }
}
