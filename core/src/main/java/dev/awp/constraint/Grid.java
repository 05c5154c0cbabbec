// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import java.util.Optional;

/**
 * A grid on which weights are rounded, group by group: value = (code - zeroPoint) * scale +
 * minimum, code in 0 .. {@link #maxCode()}. What scales, zero points and minimums there can be is
 * the grid's business: {@link IntegerGrid} has a zero point for each group and no minimum, {@link
 * BlockGrid} is what a block type of GGUF can store.
 */
public sealed interface Grid extends Constraint permits IntegerGrid, BlockGrid {
  /** Bits of a code. */
  int bits();

  /** The largest code. */
  int maxCode();

  /** Number of groups in a row of that length. */
  int groups(int columns);

  /** Columns of a group in a row of that length, the last group aside. */
  int groupSize(int columns);

  /** Columns whose scales are stored together, a multiple of the group's. */
  int unitSize(int columns);

  /** Whether groups have a minimum; their zero point is 0 then. */
  boolean hasMinimums();

  /** Whether a unit's scales are small integers times a scale of the unit. */
  boolean hasSuperScales();

  /** Whether 0 can be represented exactly whatever the scales are. */
  boolean hasZero();

  /** How many clip ranges {@link #candidate} knows; the first is the whole range. */
  int candidates();

  /**
   * Scale, zero point and minimum of a group for one of the clip ranges that are worth a try; where
   * {@link #hasSuperScales()}, not rounded yet to what can be stored.
   *
   * @param index 0 .. candidates() - 1
   * @param least the group's smallest value
   * @param most the group's largest value
   * @param found receives scale, zero point, minimum
   */
  void candidate(int index, double least, double most, float[] found);

  /** How many grids beside a group's own {@link #neighbour} knows. */
  int neighbours();

  /**
   * A grid a little off a group's own, storable as it is: another scale, or another zero point or
   * minimum.
   *
   * @param index 0 .. neighbours() - 1
   * @param group scale, zero point and minimum of the group
   * @param unit super-scale and super-minimum of its unit; ignored where the grid has none
   * @param found receives scale, zero point, minimum
   */
  void neighbour(int index, float[] group, float[] unit, float[] found);

  /** Factor of a scale on the way to its neighbour: fewer codes bear larger steps. */
  static double neighbourFactor(int index, int maxCode) {
    double step = Math.min(0.03, 0.45 / maxCode);
    int steps = 1 + index / 2;
    return 1 + (index % 2 == 0 ? steps : -steps) * step;
  }

  @Override
  default Optional<Grid> grid() {
    return Optional.of(this);
  }
}
