// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import dev.awp.compute.Compute;
import dev.awp.constraint.GridLanes;
import java.lang.foreign.SegmentAllocator;

/**
 * A grid of equal steps: value = (code - zeroPoint) * scale + minimum, code in 0 .. {@link
 * #maxCode()}. What scales, zero points and minimums there can be is the grid's business: {@link
 * IntegerGrid} has a zero point for each group and no minimum, a block grid is what a block type of
 * GGUF can store.
 */
public interface AffineGrid extends ScaledGrid {
  /** The largest code. */
  int maxCode();

  /** How many clip ranges {@link #candidate} knows; the first is the whole range. */
  int candidates();

  /**
   * Numbers of a group for one of the clip ranges that are worth a try; where there are {@link
   * #sharedScales}, not rounded yet to what can be stored.
   *
   * @param index 0 .. candidates() - 1
   * @param least the group's smallest value
   * @param most the group's largest value
   * @param found receives scale, zero point and minimum
   */
  void candidate(int index, double least, double most, GroupNumbers found);

  /** Factor of a scale on the way to its neighbour: fewer codes bear larger steps. */
  static double neighbourFactor(int index, int maxCode) {
    double step = Math.min(0.03, 0.45 / maxCode);
    int steps = 1 + index / 2;
    return 1 + (index % 2 == 0 ? steps : -steps) * step;
  }

  @Override
  default GridLanes lanes(int columns, int lanes, Compute compute, SegmentAllocator allocator) {
    return new AffineLanes(this, columns, lanes, compute, allocator);
  }
}
