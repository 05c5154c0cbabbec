// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.Grid;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.Sparsity;
import dev.awp.kernel.Compute;
import dev.awp.solver.LayerProblem;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
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
    RowProjection select = selection(sparsity, problem.secondMoment(), compute, scratch);
    return (z, t, parameters, row) -> {
      select.project(z, t, parameters, row);
      round.project(t, t, parameters, row);
    };
  }

  /** The selection alone: the start of the paper's pruning. Scratch for one thread. */
  public static RowProjection selection(
      Sparsity sparsity, Matrix secondMoment, Compute compute, SegmentAllocator scratch) {
    int columns = secondMoment.columns();
    MemorySegment norms = scratch.allocate(JAVA_FLOAT, columns);
    MemorySegment scores = scratch.allocate(JAVA_FLOAT, columns);
    for (int j = 0; j < columns; j++) {
      norms.setAtIndex(JAVA_FLOAT, j, (float) Math.sqrt(Math.max(0, secondMoment.get(j, j))));
    }
    return (z, t, parameters, row) -> {
      compute.kernels().arithmetic().multiply(z, norms, scores);
      sparsity.select(compute.kernels(), scores, z, t);
    };
  }
}
