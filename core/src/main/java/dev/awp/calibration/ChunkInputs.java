// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * What the layers of a site are given by a chunk of tokens, X, [tokens, dIn]: the right factor of
 * all sums over tokens. Where products may be in bfloat16 it is made ready once for C and for the
 * moments of its drift.
 *
 * <p>Rounding to bfloat16 adds noise of some 1e-6 of their energy to the inputs, a hundredth of
 * what {@link ForwardTrial} lets pass; sums are those of the rounded inputs, so that C stays
 * positive semidefinite to within the rounding of float32.
 */
final class ChunkInputs {
  /** Rows of a product: a tile of the library's, so that results do not depend on threads. */
  static final int ROWS = 96;

  /** Columns that are made ready together; products of a triangle leave out those beyond it. */
  private static final int COLUMNS = 384;

  /** Floats of a line of the cache. */
  private static final int LINE = 16;

  private final Matrix rows;
  private final List<RightOperand> pieces;
  private final Compute compute;

  private ChunkInputs(Matrix rows, List<RightOperand> pieces, Compute compute) {
    this.rows = rows;
    this.pieces = pieces;
    this.compute = compute;
  }

  /** For products in float32. */
  static ChunkInputs plain(Matrix rows, Compute compute) {
    return new ChunkInputs(rows, List.of(), compute);
  }

  /** For products in the precision of a BLAS, if that is one bfloat16 part; else in float32. */
  static ChunkInputs of(Matrix rows, Compute compute, Arena arena) {
    if (compute.blas().precision() != Precision.BF16) {
      return plain(rows, compute);
    }
    List<RightOperand> pieces = new ArrayList<>();
    for (int from = 0; from < rows.columns(); from += COLUMNS) {
      Matrix some = rows.columnRange(from, Math.min(rows.columns(), from + COLUMNS));
      pieces.add(compute.blas().prepare(Op.NONE, RowSource.of(some), compute.workers(), arena));
    }
    return new ChunkInputs(rows, pieces, compute);
  }

  /**
   * Off-heap memory of the scratch for products in bfloat16, in bytes.
   *
   * @param tokens of a chunk
   * @param columns dIn
   */
  static long scratchBytes(long tokens, int columns, int threads) {
    return (long) threads * ROWS * (tokens + columns) * Float.BYTES;
  }

  /** X. */
  Matrix rows() {
    return rows;
  }

  /** Whether products are in bfloat16. */
  boolean isPrepared() {
    return !pieces.isEmpty();
  }

  /** As many columns as the pieces have that hold the first ones. */
  int wholePieces(int columns) {
    return Math.min(rows.columns(), Math.ceilDiv(columns, COLUMNS) * COLUMNS);
  }

  /**
   * out = A^T X, or out = A^T X + out, of the first columns of X, in bfloat16.
   *
   * @param a [tokens, m]
   * @param weights one a token, multiplied into A
   * @param out [m, n], n such as {@link #wholePieces} gives
   */
  void multiply(Matrix a, TokenWeights weights, boolean add, Matrix out) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix left = transposed(weights.areOnes() ? a : weighed(a, weights, arena), arena);
      for (int i = 0; i * COLUMNS < out.columns(); i++) {
        int from = i * COLUMNS;
        Matrix some = out.columnRange(from, Math.min(out.columns(), from + COLUMNS));
        if (add) {
          pieces.get(i).multiplyAdd(left, some);
        } else {
          pieces.get(i).multiply(left, some);
        }
      }
    }
  }

  private Matrix weighed(Matrix a, TokenWeights weights, Arena arena) {
    return SecondMoment.weigh(a, weights, compute, arena);
  }

  /** A's columns as rows, which do not all begin in the same set of the cache. */
  private Matrix transposed(Matrix a, Arena arena) {
    Matrix wide = Matrix.allocate(arena, a.columns(), a.rows() + LINE);
    Matrix left = wide.columnRange(0, a.rows());
    compute
        .kernels()
        .arithmetic()
        .transpose(a.segment(), a.stride(), left.segment(), left.stride(), a.rows(), a.columns());
    return left;
  }
}
