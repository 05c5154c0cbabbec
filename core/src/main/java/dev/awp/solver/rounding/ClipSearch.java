// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.constraint.Grid;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Scales, zero points and minimums of groups, for many rows at once (transposed as in {@link
 * GridPart}). A group's range is its smallest and largest value, or a part of it: clipping the
 * largest values makes the steps between all others smaller. Of the ranges that the grid proposes
 * the one is taken that minimises a weighted sum of (t_j - round(t_j))^2.
 */
final class ClipSearch {
  private final Grid grid;
  private final Compute compute;
  private final ArithmeticKernels arithmetic;
  private final int lanes;
  private final float[] found = new float[3];

  ClipSearch(Grid grid, Compute compute, int lanes) {
    this.grid = grid;
    this.compute = compute;
    this.arithmetic = compute.kernels().arithmetic();
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
   * @param weights of the columns
   */
  void fit(
      Matrix group,
      float[] weights,
      MemorySegment scales,
      MemorySegment zeroPoints,
      MemorySegment minimums) {
    float[][] ends = ends(group);
    float[] best = new float[lanes];
    java.util.Arrays.fill(best, Float.POSITIVE_INFINITY);
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
          compute.kernels().grid().nearestSteps(x, scale, zeroPoint, grid.maxCode(), difference);
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
      scale.setAtIndex(JAVA_FLOAT, i, found[0] == 0 ? Float.MIN_NORMAL : found[0]);
      zeroPoint.setAtIndex(JAVA_FLOAT, i, found[1]);
      minimum.setAtIndex(JAVA_FLOAT, i, found[2]);
    }
  }

  /** Smallest and largest value of each lane. */
  private float[][] ends(Matrix group) {
    float[][] ends = new float[2][lanes];
    java.util.Arrays.fill(ends[0], Float.POSITIVE_INFINITY);
    java.util.Arrays.fill(ends[1], Float.NEGATIVE_INFINITY);
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
