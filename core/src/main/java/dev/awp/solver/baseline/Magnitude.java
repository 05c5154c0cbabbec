// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.constraint.Constraint;
import dev.awp.kernel.Compute;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import java.lang.foreign.SegmentAllocator;

/**
 * Magnitude pruning (Han et al., 2015): keep the largest |W_ij|, calibration ignored. Together with
 * a grid the survivors are rounded to nearest.
 */
public final class Magnitude implements Solver {
  @Override
  public String name() {
    return "magnitude";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint.sparsity().isPresent();
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
