// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.precision;

import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.SplittableRandom;

/**
 * Some rows of a layer, the same ones every time: one at random from each of as many equal
 * stretches.
 */
final class RowSample {
  private static final long SEED = 0x62663136;

  private final int[] rows;

  /**
   * A sample.
   *
   * @param rows of the layer
   * @param wanted rows of the sample, at most
   */
  RowSample(int rows, int wanted) {
    this.rows = new int[Math.min(rows, wanted)];
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < this.rows.length; i++) {
      int from = (int) ((long) i * rows / this.rows.length);
      int to = (int) ((i + 1L) * rows / this.rows.length);
      this.rows[i] = random.nextInt(from, to);
    }
  }

  /** A copy of these rows. */
  Matrix of(Matrix layer, SegmentAllocator allocator) {
    Matrix gathered = Matrix.allocate(allocator, rows.length, layer.columns());
    for (int i = 0; i < rows.length; i++) {
      gathered.row(i).copyFrom(layer.row(rows[i]));
    }
    return gathered;
  }
}
