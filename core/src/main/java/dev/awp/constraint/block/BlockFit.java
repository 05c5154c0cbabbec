// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.affine.GroupNumbers;
import dev.awp.kernel.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Fits the blocks of a row to its values and rounds values to them; scratch for one thread. */
final class BlockFit {
  private final BlockGrid grid;
  private final Kernels kernels;
  private final int columns;
  private final int groups;
  private final UnitScales unit;
  private final GroupNumbers found = new GroupNumbers();
  private final MemorySegment low;
  private final MemorySegment high;
  private final MemorySegment scaleOf;
  private final MemorySegment zeroOf;
  private final MemorySegment minimumOf;
  private final MemorySegment steps;

  BlockFit(BlockGrid grid, Kernels kernels, int columns, SegmentAllocator allocator) {
    this.grid = grid;
    this.kernels = kernels;
    this.columns = columns;
    this.groups = grid.groups(columns);
    this.unit = new UnitScales(grid);
    this.low = allocator.allocate(JAVA_FLOAT, groups);
    this.high = allocator.allocate(JAVA_FLOAT, groups);
    this.scaleOf = allocator.allocate(JAVA_FLOAT, columns);
    this.zeroOf = allocator.allocate(JAVA_FLOAT, columns);
    this.minimumOf = allocator.allocate(JAVA_FLOAT, columns);
    this.steps = allocator.allocate(JAVA_FLOAT, columns);
    for (int j = 0; j < columns; j++) {
      zeroOf.setAtIndex(JAVA_FLOAT, j, grid.zero());
    }
  }

  void project(MemorySegment row, MemorySegment out, GridParameters parameters, int index) {
    kernels.grid().groupRange(row, grid.groupColumns(), low, high);
    for (int first = 0; first < groups; first += grid.unitGroups()) {
      fit(first, Math.min(groups, first + grid.unitGroups()), parameters, index);
    }
    kernels.arithmetic().subtract(row, minimumOf, steps);
    grid.nearest(kernels.grid(), steps, scaleOf, zeroOf, steps);
    out.copyFrom(minimumOf);
    kernels.arithmetic().addProduct(steps, scaleOf, out);
  }

  private void fit(int first, int end, GridParameters parameters, int index) {
    for (int g = first; g < end; g++) {
      float least = low.getAtIndex(JAVA_FLOAT, g);
      grid.candidate(0, least, high.getAtIndex(JAVA_FLOAT, g), found);
      unit.scales()[g - first] = found.scale();
      unit.minimums()[g - first] = found.minimum();
    }
    unit.round(end - first);
    for (int g = first; g < end; g++) {
      float scale = unit.scales()[g - first];
      float minimum = unit.minimums()[g - first];
      parameters.setBlock(index, g, scale, grid.zero(), minimum);
      for (int j = g * grid.groupColumns();
          j < Math.min(columns, (g + 1) * grid.groupColumns());
          j++) {
        scaleOf.setAtIndex(JAVA_FLOAT, j, scale);
        minimumOf.setAtIndex(JAVA_FLOAT, j, minimum);
      }
    }
    parameters.setUnit(index, first / grid.unitGroups(), unit.superScale(), unit.superMinimum());
  }
}
