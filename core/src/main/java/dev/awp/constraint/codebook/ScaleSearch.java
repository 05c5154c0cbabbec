// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * The scale of a group, in many lanes at once: of scales about the one at which the largest value
 * has the largest level, or that the mean square suggests, that one is taken with whose nearest
 * vectors a weighted sum of squares is least, after a last step in closed form: first of a few that
 * lie far apart, then of those beside the best. Signs are taken as they come, even ones or not.
 * Scratch for one worker.
 */
final class ScaleSearch {
  private static final float FIRST = 0.6f;
  private static final float STEP = 0.06f;
  private static final int STEPS = 12;

  /** Steps from one of the first scales to the next; the first is one step in. */
  private static final int STRIDE = 3;

  /** Of shifted levels, in units of the mean square's root. */
  private static final float FIRST_SHIFTED = 0.7f;

  private static final float STEP_SHIFTED = 0.12f;

  private final CodebookGrid grid;
  private final Kernels kernels;
  private final int lanes;
  private final ShiftedVectors vectors;

  /** Weighted squares of all vectors, for each place of a vector in the group. */
  private final Matrix offsets;

  private final MemorySegment coefficients;
  private final MemorySegment least;
  private final MemorySegment entries;
  private final float[] start;
  private final double[] product;
  private final double[] square;
  private final double[] best;
  private final float[] factors;
  private final float[] shifts;
  private final int[] bestStep;
  private final float[] bestShift;
  private float[] weighed = {};

  ScaleSearch(CodebookGrid grid, Kernels kernels, int lanes, SegmentAllocator allocator) {
    this.grid = grid;
    this.kernels = kernels;
    this.lanes = lanes;
    this.vectors = ShiftedVectors.of(grid, allocator);
    this.offsets =
        Matrix.allocate(allocator, grid.groupColumns() / vectors.columns(), vectors.count());
    this.coefficients = allocator.allocate(JAVA_FLOAT, (long) vectors.columns() * lanes);
    this.least = allocator.allocate(JAVA_FLOAT, lanes);
    this.entries = allocator.allocate(JAVA_FLOAT, lanes);
    this.start = new float[lanes];
    this.product = new double[lanes];
    this.square = new double[lanes];
    this.best = new double[lanes];
    this.factors = new float[lanes];
    this.shifts = new float[lanes];
    this.bestStep = new int[lanes];
    this.bestShift = new float[lanes];
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
    takeStart(values, weights);
    weighSquares(weights);
    Arrays.fill(best, 0);
    scales.fill((byte) 0);
    zeroPoints.fill((byte) 0);
    float[] shiftsOfGroup =
        grid.signs() == CodebookGrid.Signs.SHIFT_OF_GROUP
            ? new float[] {CodebookGrid.SHIFT, -CodebookGrid.SHIFT}
            : new float[] {0};
    Arrays.fill(bestStep, STRIDE / 2);
    Arrays.fill(bestShift, shiftsOfGroup[0]);
    for (float shift : shiftsOfGroup) {
      Arrays.fill(shifts, shift);
      for (int step = STRIDE / 2; step < STEPS; step += STRIDE) {
        Arrays.fill(factors, factor(step));
        int own = step;
        tryScales(values, weights, scales, zeroPoints, _ -> own);
      }
    }
    int[] middle = bestStep.clone();
    System.arraycopy(bestShift, 0, shifts, 0, lanes);
    for (int by : new int[] {-1, 1}) {
      for (int lane = 0; lane < lanes; lane++) {
        factors[lane] = factor(middle[lane] + by);
      }
      tryScales(values, weights, scales, zeroPoints, lane -> middle[lane] + by);
    }
    for (int lane = 0; lane < lanes; lane++) {
      if (best[lane] == 0) {
        scales.setAtIndex(JAVA_FLOAT, lane, start[lane]);
        zeroPoints.setAtIndex(JAVA_FLOAT, lane, 0 - shiftsOfGroup[0]);
      }
    }
  }

  private float factor(int step) {
    return grid.signs().shifts() ? FIRST_SHIFTED + STEP_SHIFTED * step : FIRST + STEP * step;
  }

  private void takeStart(Matrix values, float[] weights) {
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
      boolean weighted = grid.signs().shifts() && all > 0 && sum > 0;
      start[lane] = weighted ? (float) Math.sqrt(sum / all) : most / grid.codebook().most();
    }
  }

  /** Keeps a lane's scale where it is better than the best so far. */
  private void tryScales(
      Matrix values,
      float[] weights,
      MemorySegment scales,
      MemorySegment zeroPoints,
      IntUnaryOperator step) {
    project(values, weights);
    for (int lane = 0; lane < lanes; lane++) {
      // With the scale p / q the error is the values' square less p^2 / q.
      double gain = product[lane] * product[lane] / square[lane];
      if (product[lane] > 0 && gain > best[lane]) {
        best[lane] = gain;
        bestStep[lane] = step.applyAsInt(lane);
        bestShift[lane] = shifts[lane];
        scales.setAtIndex(JAVA_FLOAT, lane, (float) (product[lane] / square[lane]));
        zeroPoints.setAtIndex(JAVA_FLOAT, lane, 0 - shifts[lane]);
      }
    }
  }

  /** Leaves the products of values and levels, and the squares of levels, weighted. */
  private void project(Matrix values, float[] weights) {
    Arrays.fill(product, 0);
    Arrays.fill(square, 0);
    int columns = vectors.columns();
    for (int first = 0; first < values.rows(); first += columns) {
      int n = Math.min(columns, values.rows() - first);
      for (int j = 0; j < columns; j++) {
        for (int lane = 0; lane < lanes; lane++) {
          float scale = factors[lane] * start[lane];
          float z = j < n ? level(values.get(first + j, lane), scale) - shifts[lane] : 0;
          float coefficient = j < n ? -2 * weights[first + j] * z : 0;
          coefficients.setAtIndex(JAVA_FLOAT, (long) j * lanes + lane, coefficient);
        }
      }
      kernels
          .grid()
          .leastSums(offsets.row(first / columns), vectors.table(), coefficients, least, entries);
      for (int lane = 0; lane < lanes; lane++) {
        int entry = (int) entries.getAtIndex(JAVA_FLOAT, lane);
        for (int j = 0; j < n; j++) {
          float x = values.get(first + j, lane);
          double level = vectors.level(entry, j) + shifts[lane];
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

  /** The same for all rows that are rounded to nearest. */
  private void weighSquares(float[] weights) {
    if (Arrays.equals(weights, weighed)) {
      return;
    }
    weighed = weights.clone();
    int columns = vectors.columns();
    for (int first = 0; first < weights.length; first += columns) {
      MemorySegment sums = offsets.row(first / columns);
      int n = Math.min(columns, weights.length - first);
      for (int e = 0; e < vectors.count(); e++) {
        float sum = 0;
        for (int j = 0; j < n; j++) {
          float level = vectors.level(e, j);
          sum += weights[first + j] * level * level;
        }
        sums.setAtIndex(JAVA_FLOAT, e, sum);
      }
    }
  }
}
