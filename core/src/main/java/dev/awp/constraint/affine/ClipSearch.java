// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Scales, zero points and minimums of groups, for many rows at once (transposed as in {@link
 * GridLanes}). A group's range is its smallest and largest value, or a part of it: clipping the
 * largest values makes the steps between all others smaller. Of the ranges that the grid proposes
 * the one is taken that minimises a weighted sum of (t_j - round(t_j))^2.
 */
final class ClipSearch {
  private final AffineGrid grid;
  private final Kernels kernels;
  private final ArithmeticKernels arithmetic;
  private final int lanes;
  private final GroupNumbers found = new GroupNumbers();

  ClipSearch(AffineGrid grid, Kernels kernels, int lanes) {
    this.grid = grid;
    this.kernels = kernels;
    this.arithmetic = kernels.arithmetic();
    this.lanes = lanes;
  }

  /** The whole range of a group, [size, lanes]. */
  void range(Matrix group, MemorySegment scales, MemorySegment zeroPoints, MemorySegment minimums) {
    candidate(ends(group), 0, scales, zeroPoints, minimums);
  }

  /**
   * Searches the range of one group.
   *
   * @param group its columns, [size, lanes]
   * @param weights of its columns
   */
  void fit(
      Matrix group,
      float[] weights,
      MemorySegment scales,
      MemorySegment zeroPoints,
      MemorySegment minimums) {
    float[][] ends = ends(group);
    float[] best = new float[lanes];
    Arrays.fill(best, Float.POSITIVE_INFINITY);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scale = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment zeroPoint = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment minimum = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment error = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment above = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment difference = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment weighted = arena.allocate(JAVA_FLOAT, lanes);
      for (int index = 0; index < grid.candidates(); index++) {
        candidate(ends, index, scale, zeroPoint, minimum);
        error.fill((byte) 0);
        for (int j = 0; j < group.rows(); j++) {
          MemorySegment x = group.row(j);
          if (grid.hasMinimums()) {
            arithmetic.subtract(x, minimum, above);
            x = above;
          }
          grid.nearest(kernels.grid(), x, scale, zeroPoint, difference);
          arithmetic.multiply(difference, scale, difference);
          arithmetic.subtract(x, difference, difference);
          arithmetic.scale(difference, weights[j], weighted);
          arithmetic.addProduct(weighted, difference, error);
        }
        for (int i = 0; i < lanes; i++) {
          float e = error.getAtIndex(JAVA_FLOAT, i);
          if (e < best[i] || index == 0) {
            best[i] = e;
            scales.setAtIndex(JAVA_FLOAT, i, scale.getAtIndex(JAVA_FLOAT, i));
            zeroPoints.setAtIndex(JAVA_FLOAT, i, zeroPoint.getAtIndex(JAVA_FLOAT, i));
            minimums.setAtIndex(JAVA_FLOAT, i, minimum.getAtIndex(JAVA_FLOAT, i));
          }
        }
      }
    }
  }

  private void candidate(
      float[][] ends,
      int index,
      MemorySegment scale,
      MemorySegment zeroPoint,
      MemorySegment minimum) {
    for (int i = 0; i < lanes; i++) {
      grid.candidate(index, ends[0][i], ends[1][i], found);
      // A grid that is rounded later may propose no step at all for a group of zeros.
      scale.setAtIndex(JAVA_FLOAT, i, found.scale() == 0 ? Float.MIN_NORMAL : found.scale());
      zeroPoint.setAtIndex(JAVA_FLOAT, i, found.zeroPoint());
      minimum.setAtIndex(JAVA_FLOAT, i, found.minimum());
    }
  }

  /** Smallest and largest value of each lane. */
  private float[][] ends(Matrix group) {
    float[][] ends = new float[2][lanes];
    Arrays.fill(ends[0], Float.POSITIVE_INFINITY);
    Arrays.fill(ends[1], Float.NEGATIVE_INFINITY);
    for (int j = 0; j < group.rows(); j++) {
      float[] values = group.row(j).toArray(JAVA_FLOAT);
      for (int i = 0; i < lanes; i++) {
        ends[0][i] = Math.min(ends[0][i], values[i]);
        ends[1][i] = Math.max(ends[1][i], values[i]);
      }
    }
    return ends;
  }
}
