// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.mask;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.Sparsity;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * The entries with the largest |W_ij| sqrt(C_jj) of each row (Wanda, Sun et al., 2024): the start
 * of the paper's pruning.
 */
public final class WandaSelection {
  private WandaSelection() {}

  /** The selection as a projection of rows, values unchanged. Scratch for one thread. */
  public static RowProjection of(
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
