// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The fits of a grid of single columns: each column's code stands alone. */
public non-sealed interface ColumnLanes extends GridLanes {
  /**
   * The codes of the points nearest to x.
   *
   * @param column whose group's fits are meant
   * @param x a value for each lane
   * @param codes may be x itself
   */
  void nearest(int column, MemorySegment x, MemorySegment codes);

  /** The points of up to so many columns of one row. */
  GridPoints points(int columns);

  /** A place to try other fits of a group. */
  Trial trial(Arena arena);

  /** Other fits of one group on trial. */
  interface Trial extends GroupTrial {
    /** The codes nearest to x in the fit on trial. */
    void nearest(MemorySegment x, MemorySegment codes);
  }
}
