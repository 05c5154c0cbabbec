// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.BlockGrid;
import dev.awp.constraint.Grid;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.IntegerGrid;
import dev.awp.constraint.Storage;
import dev.awp.constraint.UnitScales;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The grids of some rows of a layer, transposed as in {@link GridPart}: one lane for each row. A
 * value is steps * scale + minimum, steps = code - zero point. For one worker.
 */
final class LaneGrid {
  private final Grid grid;
  private final Compute compute;
  private final int columns;
  private final int lanes;
  private final int groupSize;
  private final int unitSize;
  private final Matrix scales;
  private final Matrix zeroPoints;
  private final Matrix minimums;
  private final Matrix superScales;
  private final Matrix superMinimums;
  private final MemorySegment shifted;
  private final MemorySegment stored;

  LaneGrid(Grid grid, int columns, int lanes, Compute compute, Arena arena) {
    this.grid = grid;
    this.compute = compute;
    this.columns = columns;
    this.lanes = lanes;
    this.groupSize = grid.groupSize(columns);
    this.unitSize = grid.unitSize(columns);
    int groups = grid.groups(columns);
    int units = grid.hasSuperScales() ? Math.ceilDiv(columns, unitSize) : 0;
    this.scales = Matrix.allocate(arena, groups, lanes);
    this.zeroPoints = Matrix.allocate(arena, groups, lanes);
    this.minimums = Matrix.allocate(arena, grid.hasMinimums() ? groups : 0, lanes);
    this.superScales = Matrix.allocate(arena, units, lanes);
    this.superMinimums = Matrix.allocate(arena, grid.hasMinimums() ? units : 0, lanes);
    this.shifted = arena.allocate(JAVA_FLOAT, lanes);
    this.stored = arena.allocate(2L * lanes, Float.BYTES);
  }

  Grid grid() {
    return grid;
  }

  /** Columns of the whole layer. */
  int columns() {
    return columns;
  }

  int lanes() {
    return lanes;
  }

  int groupSize() {
    return groupSize;
  }

  int unitSize() {
    return unitSize;
  }

  int groups() {
    return scales.rows();
  }

  int group(int column) {
    return column / groupSize;
  }

  /** Of each group, [groups, lanes]. */
  Matrix scales() {
    return scales;
  }

  /** Of each group, [groups, lanes]; without rows where the grid has none. */
  Matrix minimums() {
    return minimums;
  }

  /** Of each unit, [units, lanes]; without rows where the grid has none. */
  Matrix superScales() {
    return superScales;
  }

  /** Of each unit, [units, lanes]; without rows where the grid has none. */
  Matrix superMinimums() {
    return superMinimums;
  }

  /** Fits every group to the target by a searched clip range. */
  void fitSearched(Matrix target, Matrix c) {
    ClipSearch search = new ClipSearch(grid, compute, lanes);
    for (int g = 0; g < groups(); g++) {
      int from = g * groupSize;
      int to = Math.min(columns, from + groupSize);
      search.fit(target.rowRange(from, to), c, from, scales.row(g), zeroPoints.row(g), minimum(g));
    }
    for (int column = 0; grid.hasSuperScales() && column < columns; column += unitSize) {
      roundUnit(column);
    }
  }

  /** Fits the groups of the unit that begins at a column to their smallest and largest values. */
  void fitRange(Matrix values, int column) {
    ClipSearch search = new ClipSearch(grid, compute, lanes);
    for (int from = column; from < Math.min(columns, column + unitSize); from += groupSize) {
      int g = group(from);
      Matrix some = values.rowRange(from, Math.min(columns, from + groupSize));
      search.range(some, scales.row(g), zeroPoints.row(g), minimum(g));
    }
    if (grid.hasSuperScales()) {
      roundUnit(column);
    }
  }

  /** A row to write minimums into, needed or not. */
  private MemorySegment minimum(int group) {
    return grid.hasMinimums() ? minimums.row(group) : shifted;
  }

  /** Rounds the scales and minimums of a unit, together, to storable ones. */
  private void roundUnit(int column) {
    UnitScales unit = new UnitScales((BlockGrid) grid);
    int first = group(column);
    int count = group(Math.min(columns, column + unitSize) - 1) + 1 - first;
    int index = column / unitSize;
    for (int i = 0; i < lanes; i++) {
      for (int g = 0; g < count; g++) {
        unit.scales()[g] = scales.get(first + g, i);
        unit.minimums()[g] = grid.hasMinimums() ? minimums.get(first + g, i) : 0;
      }
      unit.round(count);
      for (int g = 0; g < count; g++) {
        scales.set(first + g, i, unit.scales()[g]);
        if (grid.hasMinimums()) {
          minimums.set(first + g, i, unit.minimums()[g]);
        }
      }
      superScales.set(index, i, unit.superScale());
      if (grid.hasMinimums()) {
        superMinimums.set(index, i, unit.superMinimum());
      }
    }
  }

  /** The steps of the points nearest to x on the grids of a group. */
  void nearest(MemorySegment x, int group, MemorySegment steps) {
    MemorySegment above = x;
    if (grid.hasMinimums()) {
      compute.kernels().arithmetic().subtract(x, minimums.row(group), shifted);
      above = shifted;
    }
    compute
        .kernels()
        .grid()
        .nearestSteps(above, scales.row(group), zeroPoints.row(group), grid.maxCode(), steps);
  }

  /** The values of steps on the grids of a group, as the file will hold them. */
  void values(MemorySegment steps, int group, MemorySegment out) {
    values(steps, scales.row(group), grid.hasMinimums() ? minimums.row(group) : shifted, out);
  }

  /**
   * The same with scales and minimums that are on trial.
   *
   * @param minimum ignored where the grid has none
   */
  void values(MemorySegment steps, MemorySegment scale, MemorySegment minimum, MemorySegment out) {
    if (grid instanceof IntegerGrid integers) {
      compute.kernels().arithmetic().multiply(steps, scale, out);
      Storage.round(integers.storage().values(), compute.kernels().conversion(), out, stored);
      return;
    }
    if (grid.hasMinimums()) {
      out.copyFrom(minimum);
    } else {
      // Added to zero, a step of 0 times a negative scale is +0.
      out.fill((byte) 0);
    }
    compute.kernels().arithmetic().addProduct(steps, scale, out);
  }

  /** Copies the parameters of a row of the layer out. */
  void store(int lane, GridParameters parameters, int row) {
    for (int g = 0; g < groups(); g++) {
      float minimum = grid.hasMinimums() ? minimums.get(g, lane) : 0;
      parameters.setBlock(row, g, scales.get(g, lane), zeroPoints.get(g, lane), minimum);
    }
    for (int u = 0; u < superScales.rows(); u++) {
      float least = grid.hasMinimums() ? superMinimums.get(u, lane) : 0;
      parameters.setUnit(row, u, superScales.get(u, lane), least);
    }
  }
}
