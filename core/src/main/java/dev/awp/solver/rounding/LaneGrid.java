// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.constraint.BlockGrid;
import dev.awp.constraint.Grid;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.IntegerGrid;
import dev.awp.constraint.Storage;
import dev.awp.constraint.UnitScales;
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

  /** Fits every group to the target by a searched clip range; columns weigh as much as C_jj. */
  void fitSearched(Matrix target, Matrix c) {
    for (int g = 0; g < groups(); g++) {
      int from = g * groupSize;
      int to = Math.min(columns, from + groupSize);
      float[] weights = new float[to - from];
      for (int j = from; j < to; j++) {
        weights[j - from] = c.get(j, j);
      }
      fitSearched(g, target.rowRange(from, to), weights);
    }
    for (int column = 0; grid.hasSuperScales() && column < columns; column += unitSize) {
      roundUnit(column);
    }
  }

  /**
   * Fits one group by a searched clip range; where there are super-scales it is not storable yet.
   *
   * @param values of its columns, [n, lanes]
   * @param weights of its columns
   */
  void fitSearched(int group, Matrix values, float[] weights) {
    new ClipSearch(grid, compute, lanes)
        .fit(values, weights, scales.row(group), zeroPoints.row(group), minimum(group));
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
    nearest(x, scales.row(group), zeroPoints.row(group), minimum(group), steps);
  }

  /**
   * The same with numbers that are on trial.
   *
   * @param minimum ignored where the grid has none
   */
  void nearest(
      MemorySegment x,
      MemorySegment scale,
      MemorySegment zeroPoint,
      MemorySegment minimum,
      MemorySegment steps) {
    MemorySegment above = x;
    if (grid.hasMinimums()) {
      compute.kernels().arithmetic().subtract(x, minimum, shifted);
      above = shifted;
    }
    compute.kernels().grid().nearestSteps(above, scale, zeroPoint, grid.maxCode(), steps);
  }

  /** Copies a group's scale, zero point and minimum (0 where it has none) to three rows. */
  void numbers(int group, Matrix into) {
    into.row(0).copyFrom(scales.row(group));
    into.row(1).copyFrom(zeroPoints.row(group));
    if (grid.hasMinimums()) {
      into.row(2).copyFrom(minimums.row(group));
    } else {
      into.row(2).fill((byte) 0);
    }
  }

  /** Sets a group's scale, zero point and minimum from three rows. */
  void setNumbers(int group, Matrix from) {
    scales.row(group).copyFrom(from.row(0));
    zeroPoints.row(group).copyFrom(from.row(1));
    if (grid.hasMinimums()) {
      minimums.row(group).copyFrom(from.row(2));
    }
  }

  /** Writes a neighbour of a group's grid, lane by lane, to three rows. */
  void neighbour(int group, int index, Matrix into) {
    float[] own = new float[3];
    float[] unit = new float[2];
    float[] found = new float[3];
    int of = group * groupSize / unitSize;
    for (int lane = 0; lane < lanes; lane++) {
      own[0] = scales.get(group, lane);
      own[1] = zeroPoints.get(group, lane);
      own[2] = grid.hasMinimums() ? minimums.get(group, lane) : 0;
      unit[0] = superScales.rows() == 0 ? 0 : superScales.get(of, lane);
      unit[1] = superMinimums.rows() == 0 ? 0 : superMinimums.get(of, lane);
      grid.neighbour(index, own, unit, found);
      for (int k = 0; k < 3; k++) {
        into.set(k, lane, found[k]);
      }
    }
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

  /** Writes where the values of a column may lie in a lane; held values may lie at 0 alone. */
  void point(int column, int lane, boolean held, int index, BeamRounding.Points points) {
    int group = group(column);
    float zeroPoint = zeroPoints.get(group, lane);
    points.scales()[index] = scales.get(group, lane);
    points.minimums()[index] = grid.hasMinimums() ? minimums.get(group, lane) : 0;
    points.least()[index] = held ? 0 : -zeroPoint;
    points.most()[index] = held ? 0 : grid.maxCode() - zeroPoint;
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
