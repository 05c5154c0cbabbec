// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import dev.awp.compute.Compute;
import dev.awp.constraint.GridPoints;
import dev.awp.constraint.affine.ScaledLanes;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;

/** The fits of a codebook's grid. */
final class CodebookLanes extends ScaledLanes {
  private final ScaleSearch scales;
  private final RunSearch runs;

  CodebookLanes(
      CodebookGrid grid, int columns, int lanes, Compute compute, SegmentAllocator allocator) {
    super(grid, columns, lanes, compute, allocator);
    this.scales = new ScaleSearch(grid, compute.kernels(), lanes, allocator);
    this.runs = RunSearch.of(grid, compute.kernels(), lanes, allocator);
  }

  /** All columns weigh the same: a range alone says little about vectors. */
  @Override
  protected void fitRange(Matrix values, int group) {
    float[] ones = new float[values.rows()];
    Arrays.fill(ones, 1);
    fitSearched(values, ones, group);
  }

  @Override
  protected void fitSearched(Matrix values, float[] weights, int group) {
    scales.fit(values, weights, scales().row(group), zeroPoints().row(group));
  }

  @Override
  protected void nearestRun(
      float[] form, Matrix x, MemorySegment scale, MemorySegment zeroPoint, Matrix codes) {
    runs.nearest(form, x, scale, zeroPoint, codes);
  }

  @Override
  public GridPoints points(int count) {
    throw new UnsupportedOperationException("codes of runs are chosen together");
  }
}
