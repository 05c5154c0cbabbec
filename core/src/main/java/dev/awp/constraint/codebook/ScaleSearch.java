// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;

/**
 * The scale of a group, in many lanes at once: of scales about the one at which the largest value
 * has the largest level, or that the mean square suggests, that one is taken with whose nearest
 * vectors a weighted sum of squares is least, after a last step in closed form. Signs are taken as
 * they come, even ones or not. Scratch for one worker.
 */
final class ScaleSearch {
  private static final float FIRST = 0.6f;
  private static final float STEP = 0.06f;
  private static final int STEPS = 12;

  /** Of shifted levels, in units of the mean square's root. */
  private static final float FIRST_SHIFTED = 0.7f;

  private static final float STEP_SHIFTED = 0.12f;

  private final CodebookGrid grid;
  private final Kernels kernels;
  private final int lanes;
  private final ShiftedVectors vectors;
  private final MemorySegment offsets;
  private final MemorySegment coefficients;
  private final MemorySegment least;
  private final MemorySegment entries;
  private final float[] start;
  private final double[] product;
  private final double[] square;
  private final double[] best;

  ScaleSearch(CodebookGrid grid, Kernels kernels, int lanes, SegmentAllocator allocator) {
    this.grid = grid;
    this.kernels = kernels;
    this.lanes = lanes;
    this.vectors = ShiftedVectors.of(grid, allocator);
    this.offsets = allocator.allocate(JAVA_FLOAT, vectors.count());
    this.coefficients = allocator.allocate(JAVA_FLOAT, (long) vectors.columns() * lanes);
    this.least = allocator.allocate(JAVA_FLOAT, lanes);
    this.entries = allocator.allocate(JAVA_FLOAT, lanes);
    this.start = new float[lanes];
    this.product = new double[lanes];
    this.square = new double[lanes];
    this.best = new double[lanes];
  }

  /**
   * Searches.
   *
   * @param values of the group's columns, [n, lanes]
   * @param weights of its columns, not negative
   * @param scales receives the best ones, not storable yet; 0 where all values are
   * @param zeroPoints receives the shifts times -1
   */
  void fit(Matrix values, float[] weights, MemorySegment scales, MemorySegment zeroPoints) {
    boolean shifts = grid.signs().shifts();
    takeStart(values, weights, shifts);
    Arrays.fill(best, 0);
    scales.fill((byte) 0);
    zeroPoints.fill((byte) 0);
    float[] shiftsOfGroup =
        grid.signs() == CodebookGrid.Signs.SHIFT_OF_GROUP
            ? new float[] {CodebookGrid.SHIFT, -CodebookGrid.SHIFT}
            : new float[] {0};
    for (float shift : shiftsOfGroup) {
      for (int step = 0; step < STEPS; step++) {
        float factor = shifts ? FIRST_SHIFTED + STEP_SHIFTED * step : FIRST + STEP * step;
        tryScale(values, weights, factor, shift);
        for (int lane = 0; lane < lanes; lane++) {
          // With the scale p / q the error is the values' square less p^2 / q.
          double gain = product[lane] * product[lane] / square[lane];
          if (product[lane] > 0 && gain > best[lane]) {
            best[lane] = gain;
            scales.setAtIndex(JAVA_FLOAT, lane, (float) (product[lane] / square[lane]));
            zeroPoints.setAtIndex(JAVA_FLOAT, lane, 0 - shift);
          }
        }
      }
    }
    for (int lane = 0; lane < lanes; lane++) {
      if (best[lane] == 0) {
        scales.setAtIndex(JAVA_FLOAT, lane, start[lane]);
        zeroPoints.setAtIndex(JAVA_FLOAT, lane, 0 - shiftsOfGroup[0]);
      }
    }
  }

  private void takeStart(Matrix values, float[] weights, boolean shifts) {
    double all = 0;
    for (float weight : weights) {
      all += weight;
    }
    for (int lane = 0; lane < lanes; lane++) {
      double sum = 0;
      float most = 0;
      for (int j = 0; j < values.rows(); j++) {
        float x = values.get(j, lane);
        most = Math.max(most, Math.abs(x));
        sum += (double) weights[j] * x * x;
      }
      boolean weighted = shifts && all > 0 && sum > 0;
      start[lane] = weighted ? (float) Math.sqrt(sum / all) : most / grid.codebook().most();
    }
  }

  /** Leaves the products of values and levels, and the squares of levels, weighted. */
  private void tryScale(Matrix values, float[] weights, float factor, float shift) {
    Arrays.fill(product, 0);
    Arrays.fill(square, 0);
    int columns = vectors.columns();
    for (int first = 0; first < values.rows(); first += columns) {
      int n = Math.min(columns, values.rows() - first);
      weighSquares(weights, first, n);
      for (int j = 0; j < columns; j++) {
        for (int lane = 0; lane < lanes; lane++) {
          float z = j < n ? level(values.get(first + j, lane), factor * start[lane]) - shift : 0;
          float coefficient = j < n ? -2 * weights[first + j] * z : 0;
          coefficients.setAtIndex(JAVA_FLOAT, (long) j * lanes + lane, coefficient);
        }
      }
      kernels.grid().leastSums(offsets, vectors.table(), coefficients, least, entries);
      for (int lane = 0; lane < lanes; lane++) {
        int entry = (int) entries.getAtIndex(JAVA_FLOAT, lane);
        for (int j = 0; j < n; j++) {
          float x = values.get(first + j, lane);
          double level = vectors.level(entry, j) + shift;
          product[lane] += weights[first + j] * level * (grid.signs().shifts() ? x : Math.abs(x));
          square[lane] += weights[first + j] * level * level;
        }
      }
    }
  }

  /** What is compared with the vectors' levels. */
  private float level(float x, float scale) {
    float z = scale == 0 ? 0 : x / scale;
    return grid.signs().shifts() ? z : Math.abs(z);
  }

  private void weighSquares(float[] weights, int first, int n) {
    for (int e = 0; e < vectors.count(); e++) {
      float sum = 0;
      for (int j = 0; j < n; j++) {
        float level = vectors.level(e, j);
        sum += weights[first + j] * level * level;
      }
      offsets.setAtIndex(JAVA_FLOAT, e, sum);
    }
  }
}
