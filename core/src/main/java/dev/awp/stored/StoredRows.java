// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.blas.RowSource;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;

/**
 * Rows of a stored matrix, decoded when they are asked for; nothing but finite values.
 *
 * @param first row of the tensor that is row 0 of this
 */
public record StoredRows(TensorReader reader, StoredTensor tensor, int first, int rows, int columns)
    implements RowSource {
  /** Some of the rows, from (inclusive) to (exclusive). */
  public StoredRows range(int from, int to) {
    return new StoredRows(reader, tensor, first + from, to - from, columns);
  }

  @Override
  public Matrix rows(int from, int to, SegmentAllocator scratch) {
    Matrix piece = Matrix.allocate(scratch, to - from, columns);
    reader.decodeFiniteRows(tensor, first + from, piece);
    return piece;
  }

  @Override
  public Matrix whole(Workers workers, Arena arena) {
    Matrix matrix = Matrix.allocate(arena, rows, columns);
    decode(matrix, workers);
    return matrix;
  }

  /** All rows into a matrix of their shape. */
  void decode(Matrix matrix, Workers workers) {
    workers.forEachBlock(
        rows,
        TensorReader.PIECE_ROWS,
        (from, to) -> reader.decodeFiniteRows(tensor, first + from, matrix.rowRange(from, to)));
  }
}
