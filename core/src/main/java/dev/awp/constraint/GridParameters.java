// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * Scales and zero points of a matrix on an integer grid; both empty for a constraint without one.
 *
 * @param scales [rows, groups], positive, exactly representable in the stored element type
 * @param zeroPoints [rows, groups], integers in 0 .. 2^bits - 1 as floats
 * @param channelScales [1, columns], positive, exactly representable in the stored element type: by
 *     what each column was multiplied before it was rounded, where it was
 */
public record GridParameters(Matrix scales, Matrix zeroPoints, Optional<Matrix> channelScales) {
  public GridParameters {
    if (scales.rows() != zeroPoints.rows() || scales.columns() != zeroPoints.columns()) {
      throw new IllegalArgumentException(
          "scales " + scales + " and zero points " + zeroPoints + " differ in shape");
    }
  }

  /** Without channel scales. */
  public GridParameters(Matrix scales, Matrix zeroPoints) {
    this(scales, zeroPoints, Optional.empty());
  }

  /** The same scales and zero points, for columns that are scaled. */
  public GridParameters withChannelScales(Matrix factors) {
    return new GridParameters(scales, zeroPoints, Optional.of(factors));
  }

  /** Room for the parameters of a [rows, columns] matrix under a constraint. */
  public static GridParameters allocate(
      Constraint constraint, int rows, int columns, SegmentAllocator allocator) {
    int groups = constraint.grid().map(grid -> grid.groups(columns)).orElse(0);
    int gridRows = groups == 0 ? 0 : rows;
    return new GridParameters(
        Matrix.allocate(allocator, gridRows, groups), Matrix.allocate(allocator, gridRows, groups));
  }

  /** True where there is no grid. */
  public boolean isEmpty() {
    return scales.size() == 0;
  }

  /** Copies a row's scales and zero points from others of the same shape. */
  public void copyRow(GridParameters other, int row) {
    if (!isEmpty()) {
      scales.row(row).copyFrom(other.scales.row(row));
      zeroPoints.row(row).copyFrom(other.zeroPoints.row(row));
    }
  }

  /** Copies all parameters from others of the same shape. */
  public void copyFrom(GridParameters other) {
    scales.copyFrom(other.scales);
    zeroPoints.copyFrom(other.zeroPoints);
    channelScales.ifPresent(own -> own.copyFrom(other.channelScales.orElseThrow()));
  }
}
