// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.RowProjection;
import dev.awp.solver.LayerProblem;
import java.lang.foreign.SegmentAllocator;

/** Round to nearest: each weight to the nearest point of its group's grid, calibration ignored. */
public final class RoundToNearest extends OneShot {
  @Override
  public String name() {
    return "rtn";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint.grid().isPresent() && constraint.sparsity().isEmpty();
  }

  @Override
  RowProjection rowMethod(LayerProblem problem, Compute compute, SegmentAllocator scratch) {
    int columns = problem.weights().columns();
    return problem.constraint().rowProjection(compute.kernels(), columns, scratch);
  }
}
