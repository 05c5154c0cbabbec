// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowProjection;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;

/**
 * Rounds one row to the nearest vectors, with scales that are searched. The row is laid out with a
 * lane for each group, so that all its groups are searched at once. Scratch for one thread.
 */
final class CodebookProjection implements RowProjection {
  private final CodebookGrid grid;
  private final int columns;
  private final int groups;
  private final ScaleSearch search;
  private final RunSearch runs;
  private final OddScales unit;
  private final Matrix values;
  private final Matrix codes;
  private final MemorySegment scales;
  private final MemorySegment zeroPoints;
  private final float[] ones;
  private final float[] identity;

  CodebookProjection(CodebookGrid grid, Kernels kernels, int columns, SegmentAllocator allocator) {
    this.grid = grid;
    this.columns = columns;
    this.groups = grid.groups(columns);
    this.search = new ScaleSearch(grid, kernels, groups, allocator);
    this.runs = RunSearch.of(grid, kernels, groups, allocator);
    this.unit = new OddScales(grid);
    this.values = Matrix.allocate(allocator, grid.groupColumns(), groups);
    this.codes = Matrix.allocate(allocator, grid.groupColumns(), groups);
    this.scales = allocator.allocate(JAVA_FLOAT, groups);
    this.zeroPoints = allocator.allocate(JAVA_FLOAT, groups);
    this.ones = new float[grid.groupColumns()];
    Arrays.fill(ones, 1);
    this.identity = new float[grid.runLength() * grid.runLength()];
    for (int j = 0; j < grid.runLength(); j++) {
      identity[j * (grid.runLength() + 1)] = 1;
    }
  }

  @Override
  public void project(MemorySegment z, MemorySegment t, GridParameters parameters, int row) {
    // What lies behind the row's end is zero.
    for (int j = 0; j < grid.groupColumns(); j++) {
      for (int g = 0; g < groups; g++) {
        int column = g * grid.groupColumns() + j;
        values.set(j, g, column < columns ? z.getAtIndex(JAVA_FLOAT, column) : 0);
      }
    }
    search.fit(values, ones, scales, zeroPoints);
    roundScales(parameters, row);
    int run = grid.runLength();
    for (int first = 0; first < grid.groupColumns(); first += run) {
      Matrix some = values.rowRange(first, first + run);
      runs.nearest(identity, some, scales, zeroPoints, codes.rowRange(first, first + run));
    }
    for (int column = 0; column < columns; column++) {
      int g = column / grid.groupColumns();
      float level = codes.get(column % grid.groupColumns(), g);
      t.setAtIndex(JAVA_FLOAT, column, level * scales.getAtIndex(JAVA_FLOAT, g));
    }
  }

  private void roundScales(GridParameters parameters, int row) {
    int ofUnit = CodebookGrid.BLOCK / grid.groupColumns();
    for (int first = 0; first < groups; first += ofUnit) {
      int count = Math.min(ofUnit, groups - first);
      for (int g = 0; g < count; g++) {
        unit.scales()[g] = scales.getAtIndex(JAVA_FLOAT, first + g);
      }
      unit.round(count);
      for (int g = 0; g < count; g++) {
        float scale = unit.scales()[g];
        float zeroPoint = zeroPoints.getAtIndex(JAVA_FLOAT, first + g);
        scales.setAtIndex(JAVA_FLOAT, first + g, scale);
        parameters.setBlock(row, first + g, scale, zeroPoint, 0);
      }
      parameters.setUnit(row, first / ofUnit, unit.superScale(), 0);
    }
  }
}
