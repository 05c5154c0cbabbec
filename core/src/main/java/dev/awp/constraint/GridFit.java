// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/** Fits the grid of a row to its values and rounds values to it; scratch for one thread. */
final class GridFit {
  private final IntegerGrid grid;
  private final Kernels kernels;
  private final int columns;
  private final int size;
  private final int groups;
  private final MemorySegment low;
  private final MemorySegment high;
  private final MemorySegment stored;
  private final MemorySegment scaled;

  GridFit(IntegerGrid grid, Kernels kernels, int columns, SegmentAllocator allocator) {
    this.grid = grid;
    this.kernels = kernels;
    this.columns = columns;
    this.size = grid.groupSize(columns);
    this.groups = grid.groups(columns);
    this.low = allocator.allocate(JAVA_FLOAT, groups);
    this.high = allocator.allocate(JAVA_FLOAT, groups);
    this.stored = allocator.allocate(2L * columns, Float.BYTES);
    this.scaled = allocator.allocate(JAVA_FLOAT, columns);
  }

  /** Fits a row's grid and rounds the row to it; channel scales are given, not fitted. */
  void project(MemorySegment row, MemorySegment out, GridParameters parameters, int index) {
    MemorySegment scales = parameters.scales().row(index);
    MemorySegment zeroPoints = parameters.zeroPoints().row(index);
    Optional<MemorySegment> channels = parameters.channelScales().map(factors -> factors.row(0));
    MemorySegment values = channels.map(factors -> scaled(row, factors)).orElse(row);
    fit(values, scales, zeroPoints);
    round(values, scales, zeroPoints, out);
    channels.ifPresent(factors -> divide(out, factors));
    Storage.round(grid.storage().values(), kernels.conversion(), out, stored);
  }

  private MemorySegment scaled(MemorySegment row, MemorySegment factors) {
    kernels.arithmetic().multiply(row, factors, scaled);
    return scaled;
  }

  private void divide(MemorySegment row, MemorySegment factors) {
    for (int j = 0; j < columns; j++) {
      float value = row.getAtIndex(JAVA_FLOAT, j) / factors.getAtIndex(JAVA_FLOAT, j);
      row.setAtIndex(JAVA_FLOAT, j, value);
    }
  }

  /** Scale and zero point of every group, from its smallest and largest value and zero. */
  private void fit(MemorySegment row, MemorySegment scales, MemorySegment zeroPoints) {
    kernels.grid().groupRange(row, size, low, high);
    for (int g = 0; g < groups; g++) {
      float least = Math.min(0f, low.getAtIndex(JAVA_FLOAT, g));
      float most = Math.max(0f, high.getAtIndex(JAVA_FLOAT, g));
      float scale = grid.scaleOf(least, most);
      scales.setAtIndex(JAVA_FLOAT, g, scale);
      zeroPoints.setAtIndex(JAVA_FLOAT, g, grid.zeroPointOf(least, scale));
    }
  }

  /** Rounds a row to its grid. */
  private void round(
      MemorySegment row, MemorySegment scales, MemorySegment zeroPoints, MemorySegment out) {
    for (int g = 0; g < groups; g++) {
      long start = (long) g * size * Float.BYTES;
      long length = Math.min(size, columns - (long) g * size) * Float.BYTES;
      kernels
          .grid()
          .quantizeDequantize(
              row.asSlice(start, length),
              scales.getAtIndex(JAVA_FLOAT, g),
              zeroPoints.getAtIndex(JAVA_FLOAT, g),
              grid.maxCode(),
              out.asSlice(start, length));
    }
  }
}
