// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.constraint.GridLanes;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.ScaleFit;
import dev.awp.constraint.Storage;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.Optional;

/**
 * The fits of grids with scales, whatever their codes are; a code is code - zero point in here, as
 * outside. What is nearest is the matter of the two kinds of {@link GridLanes}, which take all else
 * that these promise from here.
 */
public abstract class ScaledLanes {
  private final ScaledGrid grid;
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
  private final MemorySegment noMinimum;
  private final MemorySegment stored;

  protected ScaledLanes(
      ScaledGrid grid, int columns, int lanes, Compute compute, SegmentAllocator allocator) {
    this.grid = grid;
    this.compute = compute;
    this.columns = columns;
    this.lanes = lanes;
    this.groupSize = grid.groupSize(columns);
    this.unitSize = grid.unitSize(columns);
    GridParameters.Counts counts = grid.numbers(columns);
    this.scales = Matrix.allocate(allocator, counts.groups(), lanes);
    this.zeroPoints = Matrix.allocate(allocator, counts.groups(), lanes);
    this.minimums = Matrix.allocate(allocator, counts.minimums(), lanes);
    this.superScales = Matrix.allocate(allocator, counts.superScales(), lanes);
    this.superMinimums = Matrix.allocate(allocator, counts.superMinimums(), lanes);
    this.noMinimum = allocator.allocate(JAVA_FLOAT, lanes);
    this.stored = allocator.allocate(2L * lanes, Float.BYTES);
  }

  protected ScaledGrid grid() {
    return grid;
  }

  protected Compute compute() {
    return compute;
  }

  int columns() {
    return columns;
  }

  protected int lanes() {
    return lanes;
  }

  protected int group(int column) {
    return column / groupSize;
  }

  /** The first column behind the group that begins at one. */
  int groupEnd(int column) {
    return Math.min(columns, column + groupSize);
  }

  int unit(int column) {
    return column / unitSize;
  }

  int unitEnd(int column) {
    return Math.min(columns, column + unitSize);
  }

  /** Of each group, [groups, lanes]. */
  protected Matrix scales() {
    return scales;
  }

  /** Of each group, [groups, lanes]. */
  protected Matrix zeroPoints() {
    return zeroPoints;
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

  /** As {@link GridLanes#fitRange} has it. */
  public final void fitRange(int column, Matrix values) {
    for (int from = column; from < unitEnd(column); from += groupSize) {
      fitRange(values.rowRange(from - column, groupEnd(from) - column), group(from));
    }
    grid.sharedScales().ifPresent(unit -> roundUnit(column, unit));
  }

  /** As {@link GridLanes#fitSearched} has it. */
  public final void fitSearched(int column, Matrix values, float[] weights) {
    for (int from = column; from < unitEnd(column); from += groupSize) {
      Matrix some = values.rowRange(from - column, groupEnd(from) - column);
      float[] own = Arrays.copyOfRange(weights, from - column, groupEnd(from) - column);
      fitSearched(some, own, group(from));
    }
    grid.sharedScales().ifPresent(unit -> roundUnit(column, unit));
  }

  /**
   * Fits one group to its smallest and largest values, before what its unit shares is rounded.
   *
   * @param values of its columns, [n, lanes]
   */
  protected abstract void fitRange(Matrix values, int group);

  /**
   * The same by a search that weighs errors.
   *
   * @param weights of its columns
   */
  protected abstract void fitSearched(Matrix values, float[] weights, int group);

  /** A group's minimums, or a row to read or write in their place where the grid has none. */
  protected MemorySegment minimum(int group) {
    return grid.hasMinimums() ? minimums.row(group) : noMinimum;
  }

  /** Rounds the scales and minimums of a unit, together, to storable ones. */
  private void roundUnit(int column, SharedScales unit) {
    int first = group(column);
    int count = group(unitEnd(column) - 1) + 1 - first;
    int index = unit(column);
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

  /** As {@link GridLanes#values} has it. */
  public final void values(int column, MemorySegment codes, MemorySegment out) {
    int group = group(column);
    values(codes, scales.row(group), minimum(group), out);
  }

  /**
   * The same with scales and minimums that are on trial.
   *
   * @param minimum ignored where the grid has none
   */
  void values(MemorySegment codes, MemorySegment scale, MemorySegment minimum, MemorySegment out) {
    if (grid.hasMinimums()) {
      out.copyFrom(minimum);
      compute.kernels().arithmetic().addProduct(codes, scale, out);
    } else if (grid.hasNegativeScales()) {
      // Added to zero, a code of 0 times a negative scale is +0.
      out.fill((byte) 0);
      compute.kernels().arithmetic().addProduct(codes, scale, out);
    } else {
      compute.kernels().arithmetic().multiply(codes, scale, out);
    }
    Storage.round(grid.valueType(), compute.kernels().conversion(), out, stored);
  }

  /** out = x y, lane by lane. */
  void multiply(MemorySegment x, MemorySegment y, MemorySegment out) {
    compute.kernels().arithmetic().multiply(x, y, out);
  }

  /** Reads the numbers of a group in a lane. */
  void read(int group, int lane, GroupNumbers numbers) {
    numbers.set(
        scales.get(group, lane),
        zeroPoints.get(group, lane),
        grid.hasMinimums() ? minimums.get(group, lane) : 0);
    int unit = group * groupSize / unitSize;
    numbers.setUnit(
        superScales.rows() == 0 ? 0 : superScales.get(unit, lane),
        superMinimums.rows() == 0 ? 0 : superMinimums.get(unit, lane));
  }

  /** Values are linear in scales and minimums. */
  public final Optional<ScaleFit> scaleFit() {
    return Optional.of(new AffineScaleFit(this));
  }

  /** As {@link GridLanes#store} has it. */
  public final void store(int lane, GridParameters parameters, int row) {
    GroupNumbers numbers = new GroupNumbers();
    for (int g = 0; g < scales.rows(); g++) {
      read(g, lane, numbers);
      parameters.setBlock(row, g, numbers.scale(), numbers.zeroPoint(), numbers.minimum());
    }
    for (int u = 0; u < superScales.rows(); u++) {
      float least = grid.hasMinimums() ? superMinimums.get(u, lane) : 0;
      parameters.setUnit(row, u, superScales.get(u, lane), least);
    }
  }
}
