// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.linalg;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Inverses of symmetric positive definite matrices: from A = L L^T to L^-1, and on to A^-1 = L^-T
 * L^-1, in place. All three steps halve the matrix until {@linkplain CholeskySquare squares} are
 * left, so that nearly all work is products of {@link Blas} whose three sides are large, on all
 * workers. Tasks are {@linkplain Workers#evenPart parts} that 1, 2 and 4 threads have in common.
 * For the coordinating thread, not for a worker's task.
 *
 * <p>A factor's inverse is not used before the factor is complete: rows are divided by
 * substitution, in which squares on the diagonal alone are inverses. To multiply by the inverse of
 * half a factor takes as long, and its rounding grows with the condition of that half.
 */
public final class Cholesky {
  private static final int SQUARE = CholeskySquare.ORDER;

  /** Rows or columns of a task, at most: larger ones hardly run faster. */
  private static final int LARGEST_TASK = 512;

  /** Below, sharing work out takes longer than the work. */
  private static final int SMALLEST_TASK = 128;

  private final Compute compute;

  public Cholesky(Compute compute) {
    this.compute = compute;
  }

  /**
   * Replaces a symmetric matrix by L^-1, the inverse of its lower factor. What is above the
   * diagonal is not defined afterwards.
   *
   * @param a [n, n]; its lower triangle is read
   * @return empty on success; else the first index whose pivot is not positive and finite, and the
   *     matrix is left half done
   */
  public OptionalInt invertFactor(Matrix a) {
    checkSquare(a);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment scratch = scratch(a, arena);
      int failed = factor(a, scratch);
      if (failed >= 0) {
        return OptionalInt.of(failed);
      }
      invert(a, scratch);
    }
    return OptionalInt.empty();
  }

  /**
   * Replaces X = L^-1 by A^-1 = X^T X, both triangles.
   *
   * @param x [n, n], as {@link #invertFactor} leaves it
   */
  public void multiplyInverse(Matrix x) {
    checkSquare(x);
    try (Arena arena = Arena.ofShared()) {
      multiply(x, scratch(x, arena));
    }
    mirror(x);
  }

  /** A lower triangular matrix in quarters; both halves of the order hold whole squares. */
  private record Quarters(Matrix first, Matrix below, Matrix last) {
    static Quarters of(Matrix a) {
      int n = a.rows();
      int mid = Math.ceilDiv(Math.ceilDiv(n, SQUARE), 2) * SQUARE;
      Matrix top = a.rowRange(0, mid);
      Matrix bottom = a.rowRange(mid, n);
      return new Quarters(
          top.columnRange(0, mid), bottom.columnRange(0, mid), bottom.columnRange(mid, n));
    }

    int mid() {
      return first.rows();
    }
  }

  private static boolean isSquare(Matrix a) {
    return a.rows() <= SQUARE;
  }

  /** A becomes L, its squares on the diagonal inverted; the index that fails, or -1. */
  private int factor(Matrix a, MemorySegment scratch) {
    if (isSquare(a)) {
      return CholeskySquare.invertFactor(a);
    }
    Quarters q = Quarters.of(a);
    int failed = factor(q.first, scratch);
    if (failed >= 0) {
      return failed;
    }
    divideRows(Op.TRANSPOSE, q, scratch);
    addSquare(Op.NONE, -1, q.below, q.last);
    failed = factor(q.last, scratch);
    return failed < 0 ? failed : q.mid() + failed;
  }

  /** L, its squares inverted, becomes X = L^-1: X21 = -X22 L21 L11^-1. */
  private void invert(Matrix l, MemorySegment scratch) {
    if (isSquare(l)) {
      return;
    }
    Quarters q = Quarters.of(l);
    invert(q.last, scratch);
    multiplyColumns(Op.NONE, -1, q, scratch);
    divideRows(Op.NONE, q, scratch);
    invert(q.first, scratch);
  }

  /** X becomes X^T X, of which the lower triangle is defined. */
  private void multiply(Matrix x, MemorySegment scratch) {
    if (isSquare(x)) {
      Matrix copy = copy(x, scratch);
      compute.blas().gemm(Op.TRANSPOSE, Op.NONE, 1, copy, copy, 0, x);
      return;
    }
    Quarters q = Quarters.of(x);
    multiply(q.first, scratch);
    addSquare(Op.TRANSPOSE, 1, q.below, q.first);
    multiplyColumns(Op.TRANSPOSE, 1, q, scratch);
    multiply(q.last, scratch);
  }

  /** A21 = A21 op(L11)^-1. */
  private void divideRows(Op op, Quarters q, MemorySegment scratch) {
    forEachPart(
        q.below.rows(),
        scratch,
        (from, to, own) -> divide(op, q.first, q.below.rowRange(from, to), own));
  }

  /** B = B op(L)^-1, by substitution; the squares on the diagonal of L are inverted. */
  private void divide(Op op, Matrix l, Matrix b, MemorySegment scratch) {
    if (isSquare(l)) {
      compute.blas().gemm(Op.NONE, op, 1, copy(b, scratch), l, 0, b);
      return;
    }
    Quarters q = Quarters.of(l);
    Matrix left = b.columnRange(0, q.mid());
    Matrix right = b.columnRange(q.mid(), b.columns());
    if (op == Op.TRANSPOSE) {
      divide(op, q.first, left, scratch);
      compute.blas().gemm(Op.NONE, op, -1, left, q.below, 1, right);
      divide(op, q.last, right, scratch);
    } else {
      divide(op, q.last, right, scratch);
      compute.blas().gemm(Op.NONE, op, -1, right, q.below, 1, left);
      divide(op, q.first, left, scratch);
    }
  }

  /** X21 = alpha op(X22) X21. */
  private void multiplyColumns(Op op, float alpha, Quarters q, MemorySegment scratch) {
    forEachPart(
        q.below.columns(),
        scratch,
        (from, to, own) -> multiplyLeft(op, alpha, q.last, q.below.columnRange(from, to), own));
  }

  /** B = alpha op(X) B. */
  private void multiplyLeft(Op op, float alpha, Matrix x, Matrix b, MemorySegment scratch) {
    if (isSquare(x)) {
      compute.blas().gemm(op, Op.NONE, alpha, x, copy(b, scratch), 0, b);
      return;
    }
    Quarters q = Quarters.of(x);
    Matrix top = b.rowRange(0, q.mid());
    Matrix bottom = b.rowRange(q.mid(), b.rows());
    if (op == Op.NONE) {
      multiplyLeft(op, alpha, q.last, bottom, scratch);
      compute.blas().gemm(op, Op.NONE, alpha, q.below, top, 1, bottom);
      multiplyLeft(op, alpha, q.first, top, scratch);
    } else {
      multiplyLeft(op, alpha, q.first, top, scratch);
      compute.blas().gemm(op, Op.NONE, alpha, q.below, bottom, 1, top);
      multiplyLeft(op, alpha, q.last, bottom, scratch);
    }
  }

  /** Part of the lower triangle of C: rows that begin at one index, columns at another. */
  private record Tile(int row, int column) {}

  /** The lower triangle of C += alpha op(A) op(A)^T. */
  private void addSquare(Op op, float alpha, Matrix a, Matrix c) {
    int n = c.rows();
    int size = taskSize(n);
    List<Tile> tiles = new ArrayList<>();
    for (int row = 0; row < n; row += size) {
      for (int column = 0; column < row; column += size) {
        tiles.add(new Tile(row, column));
      }
    }
    // Last, for they are half the work: the threads end together.
    for (int row = 0; row < n; row += size) {
      tiles.add(new Tile(row, row));
    }
    compute
        .workers()
        .forEachBlock(
            tiles.size(),
            1,
            (index, end) -> {
              Tile tile = tiles.get(index);
              int rowEnd = Math.min(n, tile.row + size);
              int columnEnd = Math.min(n, tile.column + size);
              Matrix rows = rows(op, a, tile.row, rowEnd);
              Matrix part = c.rowRange(tile.row, rowEnd).columnRange(tile.column, columnEnd);
              if (tile.row == tile.column) {
                addTriangle(op, alpha, rows, part);
              } else {
                addProduct(op, alpha, rows, rows(op, a, tile.column, columnEnd), part);
              }
            });
  }

  /** {@link #addSquare} in one task; small triangles are computed as squares. */
  private void addTriangle(Op op, float alpha, Matrix a, Matrix c) {
    if (c.rows() <= SMALLEST_TASK) {
      addProduct(op, alpha, a, a, c);
      return;
    }
    Quarters q = Quarters.of(c);
    Matrix top = rows(op, a, 0, q.mid());
    Matrix bottom = rows(op, a, q.mid(), c.rows());
    addTriangle(op, alpha, top, q.first);
    addProduct(op, alpha, bottom, top, q.below);
    addTriangle(op, alpha, bottom, q.last);
  }

  /** C += alpha op(A) op(B)^T. */
  private void addProduct(Op op, float alpha, Matrix a, Matrix b, Matrix c) {
    Op other = op == Op.NONE ? Op.TRANSPOSE : Op.NONE;
    compute.blas().gemm(op, other, alpha, a, b, 1, c);
  }

  /** Rows of op(A). */
  private static Matrix rows(Op op, Matrix a, int from, int to) {
    return op == Op.NONE ? a.rowRange(from, to) : a.columnRange(from, to);
  }

  /** Memory for a square's width of every row or column. */
  private static MemorySegment scratch(Matrix a, Arena arena) {
    return Matrix.allocate(arena, a.rows(), Math.min(a.rows(), SQUARE)).segment();
  }

  private static Matrix copy(Matrix a, MemorySegment scratch) {
    MemorySegment part = scratch.asSlice(0, a.size() * Float.BYTES);
    Matrix copy = Matrix.wrap(part, a.rows(), a.columns());
    copy.copyFrom(a);
    return copy;
  }

  /** Work on the rows or columns from..to, with the scratch memory of these. */
  private interface PartTask {
    void run(int from, int to, MemorySegment own);
  }

  private void forEachPart(int n, MemorySegment scratch, PartTask task) {
    long bytes = (long) SQUARE * Float.BYTES;
    compute
        .workers()
        .forEachBlock(
            n,
            taskSize(n),
            (from, to) -> task.run(from, to, scratch.asSlice(from * bytes, (to - from) * bytes)));
  }

  private int taskSize(int n) {
    return Math.max(SMALLEST_TASK, compute.workers().evenPart(n, LARGEST_TASK));
  }

  /**
   * Copies the lower triangle to the upper one, square by square through an array: in the matrix
   * itself the rows of a square are a power of two apart and share a few lines of the cache.
   */
  private void mirror(Matrix a) {
    int n = a.rows();
    compute
        .workers()
        .forEachBlock(
            n,
            SQUARE,
            (from, to) -> {
              float[] square = new float[SQUARE * SQUARE];
              for (int below = from; below < n; below += SQUARE) {
                int end = Math.min(n, below + SQUARE);
                for (int r = below; r < end; r++) {
                  MemorySegment row = a.row(r);
                  for (int c = from; c < to; c++) {
                    square[(c - from) * SQUARE + r - below] = row.getAtIndex(JAVA_FLOAT, c);
                  }
                }
                for (int c = from; c < to; c++) {
                  int first = Math.max(below, c + 1);
                  int offset = (c - from) * SQUARE + first - below;
                  MemorySegment.copy(
                      square,
                      offset,
                      a.row(c),
                      JAVA_FLOAT,
                      (long) Float.BYTES * first,
                      Math.max(0, end - first));
                }
              }
            });
  }

  /** Flops of a factor, and as many of its inverse: n^3 / 3. */
  public static double factorFlops(int n) {
    return Math.pow(n, 3) / 3;
  }

  /** Flops of {@link #invertFactor} and {@link #multiplyInverse}: n^3. */
  public static double inverseFlops(int n) {
    return 3 * factorFlops(n);
  }

  private static void checkSquare(Matrix a) {
    if (a.rows() != a.columns()) {
      throw new IllegalArgumentException("a square matrix is needed, not " + a);
    }
  }
}
