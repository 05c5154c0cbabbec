// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;

/**
 * A matrix that an operand is made of, in memory or to be decoded from a file: whoever needs it
 * piece by piece does not have it in memory as a whole.
 */
public interface RowSource {
  /** Rows of the matrix. */
  int rows();

  /** Columns of the matrix. */
  int columns();

  /**
   * Rows from (inclusive) to (exclusive); callable by several threads at once.
   *
   * @param scratch memory for them where they are not in memory already
   */
  Matrix rows(int from, int to, SegmentAllocator scratch);

  /**
   * All rows; for the coordinating thread.
   *
   * @param arena memory for them where they are not in memory already
   */
  Matrix whole(Workers workers, Arena arena);

  /** A matrix in memory. */
  static RowSource of(Matrix matrix) {
    return new RowSource() {
      @Override
      public int rows() {
        return matrix.rows();
      }

      @Override
      public int columns() {
        return matrix.columns();
      }

      @Override
      public Matrix rows(int from, int to, SegmentAllocator scratch) {
        return matrix.rowRange(from, to);
      }

      @Override
      public Matrix whole(Workers workers, Arena arena) {
        return matrix;
      }
    };
  }
}
