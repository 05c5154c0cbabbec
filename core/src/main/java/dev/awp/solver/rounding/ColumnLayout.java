// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.constraint.Grid;

/**
 * How columns are grouped: in runs and groups of so many, and blocks of whole units where these
 * fit.
 *
 * @param groupSize columns of a group
 * @param unitSize columns of a unit
 * @param runLength columns whose codes are chosen together
 * @param block columns that are rounded before the others hear of it
 */
record ColumnLayout(int groupSize, int unitSize, int runLength, int block) {
  /** Columns that are rounded before the others hear of it, by one product. */
  static final int BLOCK = 128;

  static ColumnLayout of(Grid grid, int columns) {
    int groupSize = grid.groupSize(columns);
    int unitSize = grid.unitSize(columns);
    return new ColumnLayout(groupSize, unitSize, grid.runLength(), block(unitSize, groupSize));
  }

  /** Whether codes of several columns are chosen together. */
  boolean hasRuns() {
    return runLength > 1;
  }

  /** The group of a column. */
  int group(int column) {
    return column / groupSize;
  }

  /** Columns of a block: whole units, where their groups fit. */
  static int block(int unitSize, int groupSize) {
    if (groupSize > BLOCK) {
      return BLOCK;
    }
    return Math.max(unitSize, BLOCK / unitSize * unitSize);
  }
}
