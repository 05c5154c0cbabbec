// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.Grid;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.Sparsity;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.mask.WandaSelection;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * Wanda (Sun et al., 2024): keep the entries with the largest |W_ij| sqrt(C_jj) of each row, values
 * unchanged. Together with a grid the survivors are rounded to nearest.
 */
public final class Wanda extends OneShot {
  @Override
  public String name() {
    return "wanda";
  }

  @Override
  public boolean supports(Constraint constraint) {
    return constraint.sparsity().isPresent();
  }

  @Override
  RowProjection rowMethod(LayerProblem problem, Compute compute, SegmentAllocator scratch) {
    Sparsity sparsity = problem.constraint().sparsity().orElseThrow();
    Optional<Grid> grid = problem.constraint().grid();
    int columns = problem.weights().columns();
    RowProjection round =
        grid.map(g -> g.rowProjection(compute.kernels(), columns, scratch))
            .orElse((z, t, parameters, row) -> {});
    RowProjection select = WandaSelection.of(sparsity, problem.secondMoment(), compute, scratch);
    return (z, t, parameters, row) -> {
      select.project(z, t, parameters, row);
      round.project(t, t, parameters, row);
    };
  }
}
