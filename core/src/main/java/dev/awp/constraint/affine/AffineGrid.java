// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import dev.awp.compute.Compute;
import dev.awp.constraint.ColumnLanes;
import dev.awp.kernel.GridKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * A grid whose values are affine in the numbers of their group: value = (code - zeroPoint) * scale
 * + minimum, code in 0 .. {@link #maxCode()}; where steps are not equal, value = level * scale +
 * minimum ({@link #levels()}). What scales, zero points and minimums there can be is the grid's
 * business: {@link IntegerGrid} has a zero point for each group and no minimum, a block grid is
 * what a block type of GGUF can store.
 */
public interface AffineGrid extends ScaledGrid {
  /** The largest code. */
  int maxCode();

  /** The codes where steps are not equal; empty where they are all whole numbers of a range. */
  default Optional<Levels> levels() {
    return Optional.empty();
  }

  /**
   * The codes, zero points taken off, that are nearest to many values.
   *
   * @param x values less their minimum, where there is one
   * @param scales for each value
   * @param zeroPoints for each value
   * @param codes may be x itself
   */
  default void nearest(
      GridKernels kernels,
      MemorySegment x,
      MemorySegment scales,
      MemorySegment zeroPoints,
      MemorySegment codes) {
    if (levels().isPresent()) {
      Levels of = levels().get();
      kernels.nearestLevels(x, scales, of.ascending(), of.thresholds(), codes);
    } else {
      kernels.nearestSteps(x, scales, zeroPoints, maxCode(), codes);
    }
  }

  /**
   * The same codes, and those of the points on the other side of the values: NaN where there is
   * none.
   */
  default void around(
      GridKernels kernels,
      MemorySegment x,
      MemorySegment scales,
      MemorySegment zeroPoints,
      MemorySegment codes,
      MemorySegment others) {
    if (levels().isPresent()) {
      Levels of = levels().get();
      kernels.aroundLevels(x, scales, of.ascending(), of.thresholds(), codes, others);
    } else {
      kernels.aroundSteps(x, scales, zeroPoints, maxCode(), codes, others);
    }
  }

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
  default ColumnLanes lanes(int columns, int lanes, Compute compute, SegmentAllocator allocator) {
    return new AffineLanes(this, columns, lanes, compute, allocator);
  }
}
