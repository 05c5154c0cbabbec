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

  /**
   * The points nearest to x, and those on the other side of it.
   *
   * @param column whose group's fits are meant
   * @param lane the first of as many lanes as x has values
   */
  void around(int column, int lane, MemorySegment x, Neighbours found);

  /**
   * Points about values: codes, and what they are worth.
   *
   * @param others codes of the points on the other side; NaN where there is none
   * @param otherValues NaN where there is none
   */
  record Neighbours(
      MemorySegment codes, MemorySegment values, MemorySegment others, MemorySegment otherValues) {}

  /** A place to try other fits of a group. */
  Trial trial(Arena arena);

  /** Other fits of one group on trial. */
  interface Trial extends GroupTrial {
    /** The codes nearest to x in the fit on trial. */
    void nearest(MemorySegment x, MemorySegment codes);
  }
}
