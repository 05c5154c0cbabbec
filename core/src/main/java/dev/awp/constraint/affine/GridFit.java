// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.Storage;
import dev.awp.kernel.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/** Fits the grid of a row to its values and rounds values to it; scratch for one thread. */
final class GridFit {
  /**
   * Columns whose groups are fitted and then rounded, at most, but for a group that is longer: 4
   * KiB, which are still in the first cache when they are read again.
   */
  private static final int SPAN = 1024;

  private final IntegerGrid grid;
  private final Kernels kernels;
  private final int columns;
  private final int size;
  private final int groups;
  private final int spanGroups;
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
    this.spanGroups = Math.min(groups, Math.max(1, SPAN / size));
    this.low = allocator.allocate(JAVA_FLOAT, spanGroups);
    this.high = allocator.allocate(JAVA_FLOAT, spanGroups);
    this.stored = allocator.allocate(2L * columns, Float.BYTES);
    this.scaled = allocator.allocate(JAVA_FLOAT, columns);
  }

  /** Fits a row's grid and rounds the row to it; channel scales are given, not fitted. */
  void project(MemorySegment row, MemorySegment out, GridParameters parameters, int index) {
    MemorySegment scales = parameters.scales().row(index);
    MemorySegment zeroPoints = parameters.zeroPoints().row(index);
    Optional<MemorySegment> channels = parameters.channelScales().map(factors -> factors.row(0));
    MemorySegment values = channels.map(factors -> scaled(row, factors)).orElse(row);
    for (int first = 0; first < groups; first += spanGroups) {
      int end = Math.min(groups, first + spanGroups);
      fit(values, first, end, scales, zeroPoints);
      round(values, first, end, scales, zeroPoints, out);
    }
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

  /** Scale and zero point of groups, each from its smallest and largest value and zero. */
  private void fit(
      MemorySegment row, int first, int end, MemorySegment scales, MemorySegment zeroPoints) {
    long bytes = (long) (end - first) * Float.BYTES;
    kernels
        .grid()
        .groupRange(slice(row, first, end), size, low.asSlice(0, bytes), high.asSlice(0, bytes));
    for (int g = first; g < end; g++) {
      float least = Math.min(0f, low.getAtIndex(JAVA_FLOAT, g - first));
      float most = Math.max(0f, high.getAtIndex(JAVA_FLOAT, g - first));
      float scale = grid.scaleOf(least, most);
      scales.setAtIndex(JAVA_FLOAT, g, scale);
      zeroPoints.setAtIndex(JAVA_FLOAT, g, grid.zeroPointOf(least, scale));
    }
  }

  /** Rounds groups of a row to their grids. */
  private void round(
      MemorySegment row,
      int first,
      int end,
      MemorySegment scales,
      MemorySegment zeroPoints,
      MemorySegment out) {
    for (int g = first; g < end; g++) {
      kernels
          .grid()
          .quantizeDequantize(
              slice(row, g, g + 1),
              scales.getAtIndex(JAVA_FLOAT, g),
              zeroPoints.getAtIndex(JAVA_FLOAT, g),
              grid.maxCode(),
              slice(out, g, g + 1));
    }
  }

  /** The columns of groups first to end - 1. */
  private MemorySegment slice(MemorySegment row, int first, int end) {
    long start = (long) first * size;
    long stop = Math.min(columns, (long) end * size);
    return row.asSlice(start * Float.BYTES, (stop - start) * Float.BYTES);
  }
}
