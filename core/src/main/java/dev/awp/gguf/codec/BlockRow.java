// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.constraint.block.MatrixScale;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * One row of a tensor between its values and its bytes: codes and scales. A row is padded with
 * columns of the code of 0 to whole blocks. Scratch for one thread.
 */
public final class BlockRow {
  /** The code of 0 as the bytes hold it: 128 for signed bytes, the grid's own otherwise. */
  private final int zero;

  private final BlockGrid grid;
  private final int columns;
  private final byte[] codes;
  private final float[] scales;
  private final float[] minimums;
  private final float[] superScales;
  private final float[] superMinimums;

  /** What the file holds of all scales' values besides the blocks. */
  private float factor = 1;

  /**
   * For rows of that length.
   *
   * @param zero the code of 0
   * @param columns that hold values
   * @param paddedColumns a multiple of the block's, at least as many
   */
  public BlockRow(BlockGrid grid, int zero, int columns, int paddedColumns) {
    this.grid = grid;
    this.zero = zero;
    this.columns = columns;
    this.codes = new byte[paddedColumns];
    this.scales = new float[grid.groups(paddedColumns)];
    this.minimums = new float[scales.length];
    this.superScales = new float[grid.units(paddedColumns)];
    this.superMinimums = new float[superScales.length];
  }

  public BlockGrid grid() {
    return grid;
  }

  public int blocks() {
    return superScales.length;
  }

  /** Codes of all columns, as unsigned bytes. */
  public byte[] codes() {
    return codes;
  }

  /** Of each group. */
  public float[] scales() {
    return scales;
  }

  /** Of each group, not positive where there are super-minimums. */
  public float[] minimums() {
    return minimums;
  }

  /** Of each block; 0 where the type has none. */
  public float[] superScales() {
    return superScales;
  }

  /** Of each block; 0 where the type has none. */
  public float[] superMinimums() {
    return superMinimums;
  }

  /** The integer that a group's scale is a multiple of its super-scale by; 0 in a padded group. */
  public int factor(int group) {
    float unit = superScales[group / grid.unitGroups()];
    return unit == 0 ? 0 : Math.round(scales[group] / unit);
  }

  /** The same of its minimum, times -1. */
  public int minimumFactor(int group) {
    float unit = superMinimums[group / grid.unitGroups()];
    return unit == 0 ? 0 : Math.round(-minimums[group] / unit);
  }

  /** A row of zeros, such as padding a matrix takes. */
  public void clear() {
    Arrays.fill(codes, (byte) zero);
    Arrays.fill(scales, 0);
    Arrays.fill(minimums, 0);
    Arrays.fill(superScales, 0);
    Arrays.fill(superMinimums, 0);
  }

  /** Takes what the rows of a matrix share, before the first of them. */
  public void begin(GridParameters parameters) {
    factor = grid.hasMatrixScale() ? MatrixScale.ofScales(parameters.scales()) : 1;
  }

  /**
   * Takes a row that lies on the grid of its parameters.
   *
   * @throws IllegalStateException where a value does not lie on it
   */
  public void take(MemorySegment values, GridParameters parameters, int row) {
    clear();
    for (int g = 0; g < grid.groups(columns); g++) {
      scales[g] = parameters.scales().get(row, g) / factor;
      minimums[g] = parameters.minimum(row, g);
    }
    for (int u = 0; u < grid.units(columns); u++) {
      superScales[u] = parameters.superScale(row, u);
      superMinimums[u] = parameters.superMinimum(row, u);
    }
    for (int g = 0; g < grid.groups(columns); g++) {
      float scale = scales[g];
      float minimum = minimums[g];
      int end = Math.min(columns, (g + 1) * grid.groupColumns());
      for (int j = g * grid.groupColumns(); j < end; j++) {
        float value = values.getAtIndex(JAVA_FLOAT, j) / factor;
        int code = grid.nearest(value, scale, minimum);
        if (grid.value(code, scale, minimum) != value) {
          throw new IllegalStateException(
              "row %s, column %s: %s lies on no %s grid of scale %s and minimum %s"
                  .formatted(row, j, value, grid, scale, minimum));
        }
        codes[j] = (byte) (code - grid.zero() + zero);
      }
    }
  }

  /** Gives the values. */
  public void give(MemorySegment values) {
    for (int g = 0; g < grid.groups(columns); g++) {
      float scale = scales[g];
      float minimum = minimums[g];
      int end = Math.min(columns, (g + 1) * grid.groupColumns());
      for (int j = g * grid.groupColumns(); j < end; j++) {
        values.setAtIndex(
            JAVA_FLOAT, j, grid.value((codes[j] & 0xff) - zero + grid.zero(), scale, minimum));
      }
    }
  }
}
