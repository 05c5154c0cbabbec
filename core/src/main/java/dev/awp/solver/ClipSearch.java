// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.IntegerGrid;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Scales and zero points of groups, for many rows at once (transposed as in {@link GridPart}). A
 * group's range is its smallest and largest value, or a part of it: clipping the largest values
 * makes the steps between all others smaller. The ends are drawn in separately, each to 1, 0.93 ...
 * 0.3 of itself, and the pair is taken that minimises sum_j C_jj (t_j - round(t_j))^2.
 */
final class ClipSearch {
  private static final double STEP = 0.07;
  private static final int CANDIDATES = 11;

  private final IntegerGrid grid;
  private final Compute compute;
  private final ArithmeticKernels arithmetic;
  private final int lanes;

  ClipSearch(IntegerGrid grid, Compute compute, int lanes) {
    this.grid = grid;
    this.compute = compute;
    this.arithmetic = compute.kernels().arithmetic();
    this.lanes = lanes;
  }

  /** The whole range of a group, [size, lanes]. */
  void range(Matrix group, MemorySegment scales, MemorySegment zeroPoints) {
    candidate(ends(group), 1, 1, scales, zeroPoints);
  }

  /**
   * Searches the range of one group.
   *
   * @param group its columns, [size, lanes]
   * @param c whose diagonal weighs the columns
   * @param first index of the group's first column
   */
  void fit(Matrix group, Matrix c, int first, MemorySegment scales, MemorySegment zeroPoints) {
    float[][] ends = ends(group);
    float[] best = new float[lanes];
    java.util.Arrays.fill(best, Float.POSITIVE_INFINITY);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scale = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment zeroPoint = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment error = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment difference = arena.allocate(JAVA_FLOAT, lanes);
      MemorySegment weighted = arena.allocate(JAVA_FLOAT, lanes);
      for (int low = 0; low < CANDIDATES; low++) {
        for (int high = 0; high < CANDIDATES; high++) {
          if (grid.symmetric() && low != high) {
            continue;
          }
          candidate(ends, 1 - STEP * low, 1 - STEP * high, scale, zeroPoint);
          error.fill((byte) 0);
          for (int j = 0; j < group.rows(); j++) {
            compute
                .kernels()
                .grid()
                .nearestSteps(group.row(j), scale, zeroPoint, grid.maxCode(), difference);
            arithmetic.multiply(difference, scale, difference);
            arithmetic.subtract(group.row(j), difference, difference);
            arithmetic.scale(difference, c.get(first + j, first + j), weighted);
            arithmetic.addProduct(weighted, difference, error);
          }
          for (int i = 0; i < lanes; i++) {
            float e = error.getAtIndex(JAVA_FLOAT, i);
            if (e < best[i] || (low == 0 && high == 0)) {
              best[i] = e;
              scales.setAtIndex(JAVA_FLOAT, i, scale.getAtIndex(JAVA_FLOAT, i));
              zeroPoints.setAtIndex(JAVA_FLOAT, i, zeroPoint.getAtIndex(JAVA_FLOAT, i));
            }
          }
        }
      }
    }
  }

  private void candidate(
      float[][] ends, double low, double high, MemorySegment scale, MemorySegment zeroPoint) {
    for (int i = 0; i < lanes; i++) {
      double least = low * ends[0][i];
      float s = grid.scaleOf(least, high * ends[1][i]);
      scale.setAtIndex(JAVA_FLOAT, i, s);
      zeroPoint.setAtIndex(JAVA_FLOAT, i, grid.zeroPointOf(least, s));
    }
  }

  /** Smallest and largest value of each lane, zero included. */
  private float[][] ends(Matrix group) {
    float[][] ends = new float[2][lanes];
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
