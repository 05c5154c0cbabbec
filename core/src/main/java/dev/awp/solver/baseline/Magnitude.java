// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.RowProjection;
import dev.awp.solver.LayerProblem;
import java.lang.foreign.SegmentAllocator;

/**
 * Magnitude pruning (Han et al., 2015): keep the largest |W_ij|, calibration ignored. Together with
 * a grid the survivors are rounded to nearest.
 */
public final class Magnitude extends OneShot {
  @Override
  public String name() {
    return "magnitude";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint.sparsity().isPresent();
  }

  @Override
  RowProjection rowMethod(LayerProblem problem, Compute compute, SegmentAllocator scratch) {
    int columns = problem.weights().columns();
    return problem.constraint().rowProjection(compute.kernels(), columns, scratch);
  }
}
