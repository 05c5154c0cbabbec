// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Blas.Op;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Cholesky factors and inverses of symmetric positive definite matrices, blocked so that nearly all
 * work is products of {@link Blas} on all workers: A = L L^T (left-looking), L^-1, and A^-1 = L^-T
 * L^-1. Blocks depend on the order alone, so results do not depend on the number of threads. The
 * blocks on the diagonal are factored by the calling thread, in squares of float64. For the
 * coordinating thread, not for a worker's task.
 */
public final class Cholesky {
  /** Order of the squares that are factored and inverted without BLAS. */
  private static final int SQUARE = 64;

  /** Order of the blocks on the diagonal: below, products are too thin to run at full rate. */
  private static final int BLOCK = 256;

  /** Rows or columns that are one task. */
  private static final int TASK = 128;

  /** Where a square's element lies: the loops want the rows of L^-1, but the columns of L. */
  private enum Layout {
    ROWS,
    COLUMNS;

    int index(int row, int column) {
      return this == ROWS ? row * SQUARE + column : column * SQUARE + row;
    }
  }

  private final Compute compute;

  public Cholesky(Compute compute) {
    this.compute = compute;
  }

  /**
   * Replaces a symmetric matrix by its lower factor L, the entries above the diagonal by zeros.
   *
   * @param a [n, n]; its lower triangle is read
   * @return empty on success; else the first index whose pivot is not positive and finite, and the
   *     matrix is left half done
   */
  public OptionalInt factor(Matrix a) {
    int n = checkSquare(a);
    double[] square = new double[SQUARE * SQUARE];
    try (Arena arena = Arena.ofShared()) {
      Matrix inverse = Matrix.allocate(arena, Math.min(n, BLOCK), Math.min(n, BLOCK));
      Matrix panel = Matrix.allocate(arena, n, Math.min(n, BLOCK));
      Matrix small = Matrix.allocate(arena, Math.min(n, SQUARE), Math.min(n, SQUARE));
      for (int from = 0; from < n; from += BLOCK) {
        int to = Math.min(n, from + BLOCK);
        subtractLeft(a, from, to);
        Matrix block = a.rowRange(from, to).columnRange(from, to);
        int failed = factorBlock(block, square, small, panel);
        if (failed >= 0) {
          return OptionalInt.of(from + failed);
        }
        if (to < n) {
          Matrix below = inverse.rowRange(0, to - from).columnRange(0, to - from);
          below.copyFrom(block);
          invertBlock(below, square, small, panel);
          multiplyBelow(a, to, from, below, panel);
          a.rowRange(from, to).columnRange(to, n).clear();
        }
      }
    }
    return OptionalInt.empty();
  }

  /** A[from.., from..to] -= L[from.., ..from] L[from..to, ..from]^T. */
  private void subtractLeft(Matrix a, int from, int to) {
    if (from == 0) {
      return;
    }
    Matrix left = a.rowRange(from, to).columnRange(0, from);
    forEachTask(
        a.rows() - from,
        (first, last) -> {
          Matrix rows = a.rowRange(from + first, from + last);
          subtractProduct(rows.columnRange(0, from), left, rows.columnRange(from, to));
        });
  }

  /** C -= A B^T. */
  private void subtractProduct(Matrix a, Matrix b, Matrix c) {
    compute.blas().gemm(Op.NONE, Op.TRANSPOSE, -1, a, b, 1, c);
  }

  /** A[to.., from..to] = A[to.., from..to] L^-T, L^-1 given. */
  private void multiplyBelow(Matrix a, int to, int from, Matrix inverse, Matrix panel) {
    forEachTask(
        a.rows() - to,
        (first, last) ->
            multiplyRight(
                a.rowRange(to + first, to + last).columnRange(from, to),
                inverse,
                panel.rowRange(first, last)));
  }

  /** A = A L^-T, L^-1 given. */
  private void multiplyRight(Matrix a, Matrix inverse, Matrix scratch) {
    Matrix copy = scratch.rowRange(0, a.rows()).columnRange(0, a.columns());
    copy.copyFrom(a);
    compute.blas().gemm(Op.NONE, Op.TRANSPOSE, 1, copy, inverse, 0, a);
  }

  /** {@link #factor} of one block, square by square; the index that fails, or -1. */
  private int factorBlock(Matrix a, double[] square, Matrix small, Matrix scratch) {
    int n = a.rows();
    for (int from = 0; from < n; from += SQUARE) {
      int to = Math.min(n, from + SQUARE);
      int size = to - from;
      Matrix rows = a.rowRange(from, n);
      if (from > 0) {
        Matrix left = rows.columnRange(0, from);
        subtractProduct(left, left.rowRange(0, size), rows.columnRange(from, to));
      }
      load(a, from, size, square, Layout.COLUMNS);
      int failed = factorSquare(square, size);
      if (failed >= 0) {
        return from + failed;
      }
      store(square, size, Layout.COLUMNS, a, from);
      if (to < n) {
        Matrix inverse = invertSquare(a, from, size, square, small);
        multiplyRight(a.rowRange(to, n).columnRange(from, to), inverse, scratch);
        a.rowRange(from, to).columnRange(to, n).clear();
      }
    }
    return -1;
  }

  /** {@link #invertLower} of one block, square by square. */
  private void invertBlock(Matrix l, double[] square, Matrix small, Matrix scratch) {
    int n = l.rows();
    for (int from = 0; from < n; from += SQUARE) {
      int size = Math.min(n, from + SQUARE) - from;
      Matrix inverse = invertSquare(l, from, size, square, small);
      if (from > 0) {
        Matrix left = l.rowRange(from, from + size).columnRange(0, from);
        Matrix known = l.rowRange(0, from).columnRange(0, from);
        Matrix sum = scratch.rowRange(0, size).columnRange(0, from);
        compute.blas().gemm(Op.NONE, Op.NONE, -1, left, known, 0, sum);
        compute.blas().gemm(Op.NONE, Op.NONE, 1, inverse, sum, 0, left);
      }
      store(square, size, Layout.ROWS, l, from);
    }
  }

  /** The inverse of one square on the diagonal, in the array and in a part of {@code small}. */
  private static Matrix invertSquare(Matrix l, int from, int size, double[] square, Matrix small) {
    load(l, from, size, square, Layout.ROWS);
    invertSquare(square, size);
    Matrix inverse = small.rowRange(0, size).columnRange(0, size);
    store(square, size, Layout.ROWS, inverse, 0);
    return inverse;
  }

  /**
   * Replaces a lower triangular matrix by its inverse.
   *
   * @param l [n, n] with a diagonal without zeros, as {@link #factor} leaves it
   */
  public void invertLower(Matrix l) {
    int n = checkSquare(l);
    double[] square = new double[SQUARE * SQUARE];
    try (Arena arena = Arena.ofShared()) {
      Matrix sums = Matrix.allocate(arena, Math.min(n, BLOCK), n);
      Matrix small = Matrix.allocate(arena, Math.min(n, SQUARE), Math.min(n, SQUARE));
      for (int from = 0; from < n; from += BLOCK) {
        int to = Math.min(n, from + BLOCK);
        Matrix block = l.rowRange(from, to).columnRange(from, to);
        invertBlock(block, square, small, sums);
        invertRows(l, from, block, sums.rowRange(0, to - from));
      }
    }
  }

  /** X[from.., j] = -L_ii^-1 sum over k of L[from.., k] X[k, j], where X[k, j] = 0 for k &lt; j. */
  private void invertRows(Matrix l, int from, Matrix inverse, Matrix sums) {
    Matrix rows = l.rowRange(from, from + inverse.rows());
    forEachTask(
        from,
        (first, last) -> {
          Matrix known = l.rowRange(first, from).columnRange(first, last);
          Matrix sum = sums.columnRange(first, last);
          compute.blas().gemm(Op.NONE, Op.NONE, -1, rows.columnRange(first, from), known, 0, sum);
        });
    forEachTask(
        from,
        (first, last) -> {
          Matrix sum = sums.columnRange(first, last);
          compute.blas().gemm(Op.NONE, Op.NONE, 1, inverse, sum, 0, rows.columnRange(first, last));
        });
  }

  /**
   * Replaces X = L^-1 by A^-1 = X^T X, both triangles. Row block by row block from the top: rows of
   * the result need only the rows of X from there on.
   *
   * @param x [n, n], lower triangular, as {@link #invertLower} leaves it
   */
  public void multiplyInverse(Matrix x) {
    int n = checkSquare(x);
    try (Arena arena = Arena.ofShared()) {
      Matrix panel = Matrix.allocate(arena, Math.min(n, BLOCK), n);
      for (int from = 0; from < n; from += BLOCK) {
        int to = Math.min(n, from + BLOCK);
        Matrix product = panel.rowRange(0, to - from);
        multiplyPanel(x.rowRange(from, n), from, to, product);
        Matrix rows = x.rowRange(from, to);
        forEachTask(
            to,
            (first, last) ->
                rows.columnRange(first, last).copyFrom(product.columnRange(first, last)));
      }
    }
    mirror(x);
  }

  /** Columns from..to of X, transposed, times the columns before {@code to}. */
  private void multiplyPanel(Matrix below, int from, int to, Matrix product) {
    Matrix left = below.columnRange(from, to);
    forEachTask(
        to,
        (first, last) -> {
          Matrix right = below.columnRange(first, last);
          Matrix columns = product.columnRange(first, last);
          compute.blas().gemm(Op.TRANSPOSE, Op.NONE, 1, left, right, 0, columns);
        });
  }

  private void forEachTask(int count, Workers.RangeTask task) {
    compute.workers().forEachBlock(count, TASK, task);
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

  /** Flops of {@link #factor}: n^3 / 3. */
  public static double factorFlops(int n) {
    return Math.pow(n, 3) / 3;
  }

  /** Flops of {@link #factor}, {@link #invertLower} and {@link #multiplyInverse}: n^3. */
  public static double inverseFlops(int n) {
    return 3 * factorFlops(n);
  }

  private static int checkSquare(Matrix a) {
    if (a.rows() != a.columns()) {
      throw new IllegalArgumentException("a square matrix is needed, not " + a);
    }
    return a.rows();
  }

  /** Reads a lower triangle. */
  private static void load(Matrix a, int from, int size, double[] square, Layout layout) {
    for (int r = 0; r < size; r++) {
      for (int c = 0; c <= r; c++) {
        square[layout.index(r, c)] = a.get(from + r, from + c);
      }
    }
  }

  /** Writes a lower triangle, and zeros above it. */
  private static void store(double[] square, int size, Layout layout, Matrix a, int from) {
    for (int r = 0; r < size; r++) {
      for (int c = 0; c < size; c++) {
        a.set(from + r, from + c, c <= r ? (float) square[layout.index(r, c)] : 0);
      }
    }
  }

  /** L, column by column, each of them contiguous. */
  private static int factorSquare(double[] a, int size) {
    for (int k = 0; k < size; k++) {
      double pivot = a[k * SQUARE + k];
      if (!(pivot > 0) || pivot > Float.MAX_VALUE) {
        return k;
      }
      double root = Math.sqrt(pivot);
      for (int j = k; j < size; j++) {
        a[k * SQUARE + j] /= root;
      }
      for (int i = k + 1; i < size; i++) {
        subtractRow(a[k * SQUARE + i], a, k, a, i, i, size);
      }
    }
    return -1;
  }

  /** L^-1 row by row: (e_i - sum over k below i of L_ik X_k) / L_ii. */
  private static void invertSquare(double[] l, int size) {
    double[] row = new double[SQUARE];
    for (int i = 0; i < size; i++) {
      Arrays.fill(row, 0);
      row[i] = 1;
      for (int k = 0; k < i; k++) {
        subtractRow(l[i * SQUARE + k], l, k, row, 0, 0, k + 1);
      }
      double pivot = l[i * SQUARE + i];
      for (int j = 0; j <= i; j++) {
        l[i * SQUARE + j] = row[j] / pivot;
      }
    }
  }

  /** Columns from..to of one row, less a multiple of another. */
  private static void subtractRow(
      double factor, double[] x, int rowOfX, double[] y, int rowOfY, int from, int to) {
    for (int j = from; j < to; j++) {
      y[rowOfY * SQUARE + j] -= factor * x[rowOfX * SQUARE + j];
    }
  }
}
