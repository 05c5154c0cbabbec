// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import java.util.Arrays;

/**
 * Where a sweep over columns ends a block. Blocks have 128 columns, as SparseGPT's, or fewer where
 * a group (of an N:M pattern or of a grid) would begin inside a block and end behind it: columns
 * behind a block lag behind the sweep, and a group is judged by the values of all its columns at
 * the moment its first column is reached.
 */
final class ColumnBlocks {
  /** The paper's block size. */
  static final int WIDTH = 128;

  private final int columns;
  private final int[] groups;

  /**
   * Blocks of a row.
   *
   * @param groups sizes of the groups that must not straddle the end of a block unless they begin
   *     with it
   */
  ColumnBlocks(int columns, int... groups) {
    this.columns = columns;
    this.groups = Arrays.copyOf(groups, groups.length);
  }

  /** The end of the block that begins at a column. */
  int end(int from) {
    int end = Math.min(columns, from + WIDTH);
    int before;
    do {
      before = end;
      for (int group : groups) {
        int last = (end - 1) / group * group;
        boolean cut = Math.min(columns, (long) last + group) > end;
        end = cut && last > from ? last : end;
      }
    } while (end < before);
    return end;
  }
}
