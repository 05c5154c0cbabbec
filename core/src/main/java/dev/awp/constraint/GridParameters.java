// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * Scales and zero points of a matrix on a grid; both empty for a constraint without one.
 *
 * @param scales [rows, groups], exactly representable in the stored element type
 * @param zeroPoints [rows, groups], integers in 0 .. maxCode as floats
 * @param channelScales [1, columns], positive, exactly representable in the stored element type: by
 *     what each column was multiplied before it was rounded, where it was
 * @param blocks what blocks have besides
 */
public record GridParameters(
    Matrix scales, Matrix zeroPoints, Optional<Matrix> channelScales, Optional<Blocks> blocks) {
  public GridParameters {
    if (scales.rows() != zeroPoints.rows() || scales.columns() != zeroPoints.columns()) {
      throw new IllegalArgumentException(
          "scales " + scales + " and zero points " + zeroPoints + " differ in shape");
    }
  }

  /**
   * How many numbers a row has.
   *
   * @param groups each with a scale and a zero point
   */
  public record Counts(int groups, int minimums, int superScales, int superMinimums) {
    /** Of a constraint without a grid. */
    static final Counts NONE = new Counts(0, 0, 0, 0);

    /** All of them. */
    public int perRow() {
      return 2 * groups + minimums + superScales + superMinimums;
    }

    private boolean ofBlocks() {
      return minimums + superScales > 0;
    }
  }

  /**
   * What blocks have besides scales; matrices without columns where their type has no such number.
   *
   * @param minimums [rows, groups]
   * @param superScales [rows, units]
   * @param superMinimums [rows, units]
   */
  public record Blocks(Matrix minimums, Matrix superScales, Matrix superMinimums) {
    private static Blocks allocate(Counts counts, int rows, SegmentAllocator allocator) {
      return new Blocks(
          Matrix.allocate(allocator, rows, counts.minimums),
          Matrix.allocate(allocator, rows, counts.superScales),
          Matrix.allocate(allocator, rows, counts.superMinimums));
    }

    private void copyFrom(Blocks other) {
      minimums.copyFrom(other.minimums);
      superScales.copyFrom(other.superScales);
      superMinimums.copyFrom(other.superMinimums);
    }

    private void copyRow(Blocks other, int row) {
      minimums.row(row).copyFrom(other.minimums.row(row));
      superScales.row(row).copyFrom(other.superScales.row(row));
      superMinimums.row(row).copyFrom(other.superMinimums.row(row));
    }
  }

  /** Without blocks. */
  public GridParameters(Matrix scales, Matrix zeroPoints, Optional<Matrix> channelScales) {
    this(scales, zeroPoints, channelScales, Optional.empty());
  }

  /** Without channel scales and blocks. */
  public GridParameters(Matrix scales, Matrix zeroPoints) {
    this(scales, zeroPoints, Optional.empty());
  }

  /** The same scales and zero points, for columns that are scaled. */
  public GridParameters withChannelScales(Matrix factors) {
    return new GridParameters(scales, zeroPoints, Optional.of(factors), blocks);
  }

  /** Room for the parameters of a [rows, columns] matrix under a constraint. */
  public static GridParameters allocate(
      Constraint constraint, int rows, int columns, SegmentAllocator allocator) {
    Counts counts = constraint.grid().map(grid -> grid.numbers(columns)).orElse(Counts.NONE);
    int gridRows = counts.groups == 0 ? 0 : rows;
    return new GridParameters(
        Matrix.allocate(allocator, gridRows, counts.groups),
        Matrix.allocate(allocator, gridRows, counts.groups),
        Optional.empty(),
        Optional.of(counts)
            .filter(Counts::ofBlocks)
            .map(some -> Blocks.allocate(some, gridRows, allocator)));
  }

  /** True where there is no grid. */
  public boolean isEmpty() {
    return scales.size() == 0;
  }

  /** The minimum of a group; 0 where it has none. */
  public float minimum(int row, int group) {
    return blocks.map(b -> valueOrZero(b.minimums, row, group)).orElse(0f);
  }

  /** The super-scale of a unit; 0 where it has none. */
  public float superScale(int row, int unit) {
    return blocks.map(b -> valueOrZero(b.superScales, row, unit)).orElse(0f);
  }

  /** The super-minimum of a unit; 0 where it has none. */
  public float superMinimum(int row, int unit) {
    return blocks.map(b -> valueOrZero(b.superMinimums, row, unit)).orElse(0f);
  }

  private static float valueOrZero(Matrix x, int row, int column) {
    return x.columns() == 0 ? 0 : x.get(row, column);
  }

  /** Sets what a group has; a minimum only where there is room for one. */
  public void setBlock(int row, int group, float scale, float zeroPoint, float minimum) {
    scales.set(row, group, scale);
    zeroPoints.set(row, group, zeroPoint);
    blocks.ifPresent(b -> setWhereRoom(b.minimums, row, group, minimum));
  }

  /** Sets what a unit has, where there is room for it. */
  public void setUnit(int row, int unit, float superScale, float superMinimum) {
    blocks.ifPresent(
        b -> {
          setWhereRoom(b.superScales, row, unit, superScale);
          setWhereRoom(b.superMinimums, row, unit, superMinimum);
        });
  }

  private static void setWhereRoom(Matrix x, int row, int column, float value) {
    if (x.columns() > 0) {
      x.set(row, column, value);
    }
  }

  /** Copies a row's scales and zero points from others of the same shape. */
  public void copyRow(GridParameters other, int row) {
    if (!isEmpty()) {
      scales.row(row).copyFrom(other.scales.row(row));
      zeroPoints.row(row).copyFrom(other.zeroPoints.row(row));
      blocks.ifPresent(own -> own.copyRow(other.blocks.orElseThrow(), row));
    }
  }

  /** Copies all parameters from others of the same shape. */
  public void copyFrom(GridParameters other) {
    scales.copyFrom(other.scales);
    zeroPoints.copyFrom(other.zeroPoints);
    channelScales.ifPresent(own -> own.copyFrom(other.channelScales.orElseThrow()));
    blocks.ifPresent(own -> own.copyFrom(other.blocks.orElseThrow()));
  }
}
