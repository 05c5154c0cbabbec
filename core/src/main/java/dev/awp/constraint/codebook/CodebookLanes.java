// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import dev.awp.compute.Compute;
import dev.awp.constraint.RunLanes;
import dev.awp.constraint.affine.ScaledLanes;
import dev.awp.constraint.affine.ScaledTrial;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;

/** The fits of a codebook's grid. */
final class CodebookLanes extends ScaledLanes implements RunLanes {
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
  public void nearestRun(int column, float[] form, Matrix x, Matrix codes) {
    int group = group(column);
    runs.nearest(form, x, scales().row(group), zeroPoints().row(group), codes);
  }

  @Override
  public Trial trial(Arena arena) {
    return new OfRuns(arena);
  }

  private final class OfRuns extends ScaledTrial implements Trial {
    OfRuns(Arena arena) {
      super(CodebookLanes.this, arena);
    }

    @Override
    public void nearestRun(float[] form, Matrix x, Matrix codes) {
      runs.nearest(form, x, scales(), zeroPoints(), codes);
    }
  }
}
