// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * Finds the codes of a run that are nearest in a quadratic form: with z the values over the scale,
 * and l the levels, the least (z - l) A (z - l), which is l A l - 2 l A z but for a constant.
 * Scratch for one worker.
 */
abstract class RunSearch {
  /** Beyond, products with a form could overflow. */
  private static final float MOST = 1e18f;

  private final CodebookGrid grid;
  private final int run;
  private final int lanes;
  private final float[] form;
  private final float[] z;
  private final float[] levels;
  private final MemorySegment least;
  private final MemorySegment entries;

  /**
   * Scratch.
   *
   * @param lanes the most that are searched at once
   */
  RunSearch(CodebookGrid grid, int lanes, SegmentAllocator allocator) {
    this.grid = grid;
    this.run = grid.runLength();
    this.lanes = lanes;
    this.form = new float[run * run];
    this.z = new float[run * lanes];
    this.levels = new float[run * lanes];
    this.least = allocator.allocate(JAVA_FLOAT, lanes);
    this.entries = allocator.allocate(JAVA_FLOAT, lanes);
  }

  /** The search that a grid needs. */
  static RunSearch of(CodebookGrid grid, Kernels kernels, int lanes, SegmentAllocator allocator) {
    return grid.signs().shifts()
        ? new ShiftedSearch(grid, kernels, lanes, allocator)
        : new SignedSearch(grid, kernels, lanes, allocator);
  }

  CodebookGrid grid() {
    return grid;
  }

  /** Columns of a whole run. */
  int run() {
    return run;
  }

  int lanes() {
    return lanes;
  }

  /** A, [run, run]; zeros where a row's last run is shorter. */
  float[] form() {
    return form;
  }

  /** z, [lanes, run]. */
  float[] z() {
    return z;
  }

  /** Receives the levels, [lanes, run], with signs and shifts. */
  float[] levels() {
    return levels;
  }

  /** Sums of the first lanes. */
  MemorySegment least(int count) {
    return least.asSlice(0, (long) count * Float.BYTES);
  }

  /** Entries of the first lanes. */
  MemorySegment entries(int count) {
    return entries.asSlice(0, (long) count * Float.BYTES);
  }

  int entry(int index) {
    return (int) entries.getAtIndex(JAVA_FLOAT, index);
  }

  /**
   * Finds codes.
   *
   * @param of the form, [n, n]
   * @param x values, [n, lanes]; n is less than the run's length in a row's last run
   * @param zeroPoint shifts times -1; read where a group's vectors are shifted alike
   * @param codes receives levels, [n, lanes]; may be x
   */
  void nearest(float[] of, Matrix x, MemorySegment scale, MemorySegment zeroPoint, Matrix codes) {
    int n = x.rows();
    for (int j = 0; j < run; j++) {
      for (int k = 0; k < run; k++) {
        form[j * run + k] = j < n && k < n ? of[j * n + k] : 0;
      }
    }
    for (int lane = 0; lane < lanes; lane++) {
      float s = scale.getAtIndex(JAVA_FLOAT, lane);
      for (int j = 0; j < run; j++) {
        float level = j < n && s != 0 ? x.get(j, lane) / s : 0;
        z[lane * run + j] = Math.clamp(level, -MOST, MOST);
      }
    }
    search(zeroPoint);
    for (int lane = 0; lane < lanes; lane++) {
      if (scale.getAtIndex(JAVA_FLOAT, lane) == 0) {
        // All levels stand for zero: the first vector's, as the bytes of such a block have them.
        putFirst(lane, zeroPoint.getAtIndex(JAVA_FLOAT, lane));
      }
      for (int j = 0; j < n; j++) {
        codes.set(j, lane, levels[lane * run + j]);
      }
    }
  }

  /** Fills the levels of all lanes. */
  abstract void search(MemorySegment zeroPoint);

  private void putFirst(int lane, float zeroPoint) {
    Codebook codebook = grid.codebook();
    for (int j = 0; j < run; j++) {
      float shift =
          switch (grid.signs()) {
            case FREE, EVEN -> 0;
            case SHIFT_OF_GROUP -> -zeroPoint;
            case SHIFT_OF_VECTOR -> CodebookGrid.SHIFT;
          };
      levels[lane * run + j] = codebook.level(0, j % codebook.columns()) + shift;
    }
  }
}
