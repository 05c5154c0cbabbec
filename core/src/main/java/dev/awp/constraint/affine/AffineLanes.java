// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.constraint.ColumnLanes;
import dev.awp.kernel.GridKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** The fits of affine grids; a code is code - zero point, or a level, in here as outside. */
final class AffineLanes extends ScaledLanes implements ColumnLanes {
  private final AffineGrid grid;
  private final MemorySegment shifted;
  private final ClipSearch search;

  AffineLanes(
      AffineGrid grid, int columns, int lanes, Compute compute, SegmentAllocator allocator) {
    super(grid, columns, lanes, compute, allocator);
    this.grid = grid;
    this.shifted = allocator.allocate(JAVA_FLOAT, lanes);
    this.search = new ClipSearch(grid, compute.kernels(), lanes);
  }

  @Override
  protected AffineGrid grid() {
    return grid;
  }

  @Override
  protected void fitRange(Matrix values, int group) {
    search.range(values, scales().row(group), zeroPoints().row(group), minimum(group));
  }

  @Override
  protected void fitSearched(Matrix values, float[] weights, int group) {
    search.fit(values, weights, scales().row(group), zeroPoints().row(group), minimum(group));
  }

  @Override
  public void nearest(int column, MemorySegment x, MemorySegment codes) {
    int group = group(column);
    nearest(x, scales().row(group), zeroPoints().row(group), minimum(group), codes);
  }

  /** The same with numbers that may be on trial; minimums are ignored where the grid has none. */
  private void nearest(
      MemorySegment x,
      MemorySegment scale,
      MemorySegment zeroPoint,
      MemorySegment minimum,
      MemorySegment codes) {
    grid.nearest(compute().kernels().grid(), above(x, minimum), scale, zeroPoint, codes);
  }

  /** What x lies above its minimums, where the grid has some. */
  private MemorySegment above(MemorySegment x, MemorySegment minimum) {
    if (!grid.hasMinimums()) {
      return x;
    }
    MemorySegment above = shifted.asSlice(0, x.byteSize());
    compute().kernels().arithmetic().subtract(x, minimum, above);
    return above;
  }

  @Override
  public void around(int column, int lane, MemorySegment x, Neighbours found) {
    int group = group(column);
    long from = (long) lane * Float.BYTES;
    MemorySegment scale = scales().row(group).asSlice(from, x.byteSize());
    MemorySegment zeroPoint = zeroPoints().row(group).asSlice(from, x.byteSize());
    MemorySegment minimum = minimum(group).asSlice(from, x.byteSize());
    GridKernels kernels = compute().kernels().grid();
    grid.around(kernels, above(x, minimum), scale, zeroPoint, found.codes(), found.others());
    values(found.codes(), scale, minimum, found.values());
    values(found.others(), scale, minimum, found.otherValues());
  }

  @Override
  public Trial trial(Arena arena) {
    return new OfColumns(arena);
  }

  private final class OfColumns extends ScaledTrial implements Trial {
    OfColumns(Arena arena) {
      super(AffineLanes.this, arena);
    }

    @Override
    public void nearest(MemorySegment x, MemorySegment codes) {
      AffineLanes.this.nearest(x, scales(), zeroPoints(), minimums(), codes);
    }
  }
}
