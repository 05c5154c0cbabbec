// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import dev.awp.kernel.Blas.Op;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.OptionalInt;

/**
 * Cholesky factors and inverses of symmetric positive definite matrices, blocked so that nearly all
 * work is products of {@link Blas} on all workers: A = L L^T (left-looking), L^-1, and A^-1 = L^-T
 * L^-1. Blocks depend on the order alone, so results do not depend on the number of threads. The
 * square blocks on the diagonal are factored in float64. For the coordinating thread, not for a
 * worker's task.
 */
public final class Cholesky {
  /** Order of the blocks on the diagonal, which are factored without BLAS. */
  private static final int BLOCK = 64;

  /** Rows or columns that are one task. */
  private static final int TASK = 256;

  /** Rows of the inverse that are formed at a time. */
  private static final int PANEL = 512;

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
    double[] square = new double[BLOCK * BLOCK];
    try (Arena arena = Arena.ofShared()) {
      Matrix inverse = Matrix.allocate(arena, Math.min(n, BLOCK), Math.min(n, BLOCK));
      Matrix panel = Matrix.allocate(arena, n, Math.min(n, BLOCK));
      for (int from = 0; from < n; from += BLOCK) {
        int to = Math.min(n, from + BLOCK);
        subtractLeft(a, from, to);
        int size = to - from;
        load(a, from, size, square);
        int failed = factorSquare(square, size);
        if (failed >= 0) {
          return OptionalInt.of(from + failed);
        }
        store(square, size, a, from);
        invertSquare(square, size);
        Matrix small = inverse.rowRange(0, size).columnRange(0, size);
        store(square, size, small, 0);
        multiplyBelow(a, to, from, small, panel.columnRange(0, size));
        clearRight(a, from, to);
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
    compute
        .workers()
        .forEachBlock(
            a.rows() - from,
            TASK,
            (first, last) -> {
              Matrix rows = a.rowRange(from + first, from + last);
              compute
                  .blas()
                  .gemm(
                      Op.NONE,
                      Op.TRANSPOSE,
                      -1,
                      rows.columnRange(0, from),
                      left,
                      1,
                      rows.columnRange(from, to));
            });
  }

  /** A[to.., from..to] = A[to.., from..to] L^-T, L^-1 given. */
  private void multiplyBelow(Matrix a, int to, int from, Matrix inverse, Matrix panel) {
    compute
        .workers()
        .forEachBlock(
            a.rows() - to,
            TASK,
            (first, last) -> {
              Matrix rows = a.rowRange(to + first, to + last).columnRange(from, to);
              Matrix copy = panel.rowRange(to + first, to + last);
              copy.copyFrom(rows);
              compute.blas().gemm(Op.NONE, Op.TRANSPOSE, 1, copy, inverse, 0, rows);
            });
  }

  private static void clearRight(Matrix a, int from, int to) {
    if (to < a.columns()) {
      a.rowRange(from, to).columnRange(to, a.columns()).clear();
    }
  }

  /**
   * Replaces a lower triangular matrix by its inverse.
   *
   * @param l [n, n] with a diagonal without zeros, as {@link #factor} leaves it
   */
  public void invertLower(Matrix l) {
    int n = checkSquare(l);
    double[] square = new double[BLOCK * BLOCK];
    try (Arena arena = Arena.ofShared()) {
      Matrix inverse = Matrix.allocate(arena, Math.min(n, BLOCK), Math.min(n, BLOCK));
      Matrix sums = Matrix.allocate(arena, Math.min(n, BLOCK), n);
      for (int from = 0; from < n; from += BLOCK) {
        int size = Math.min(n, from + BLOCK) - from;
        load(l, from, size, square);
        invertSquare(square, size);
        Matrix small = inverse.rowRange(0, size).columnRange(0, size);
        store(square, size, small, 0);
        invertRows(l, from, size, small, sums.rowRange(0, size));
        store(square, size, l, from);
      }
    }
  }

  /** X[from.., j] = -L_ii^-1 sum over k of L[from.., k] X[k, j], where X[k, j] = 0 for k &lt; j. */
  private void invertRows(Matrix l, int from, int size, Matrix inverse, Matrix sums) {
    Matrix rows = l.rowRange(from, from + size);
    compute
        .workers()
        .forEachBlock(
            from,
            TASK,
            (first, last) -> {
              Matrix sum = sums.columnRange(first, last);
              Matrix known = l.rowRange(first, from).columnRange(first, last);
              compute
                  .blas()
                  .gemm(Op.NONE, Op.NONE, -1, rows.columnRange(first, from), known, 0, sum);
            });
    if (from > 0) {
      Matrix left = rows.columnRange(0, from);
      compute.blas().gemm(Op.NONE, Op.NONE, 1, inverse, sums.columnRange(0, from), 0, left);
    }
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
      Matrix panel = Matrix.allocate(arena, Math.min(n, PANEL), n);
      for (int from = 0; from < n; from += PANEL) {
        int to = Math.min(n, from + PANEL);
        Matrix product = panel.rowRange(0, to - from).columnRange(0, to);
        multiplyPanel(x.rowRange(from, n), from, to, product);
        Matrix rows = x.rowRange(from, to).columnRange(0, to);
        compute
            .workers()
            .forEachBlock(
                to - from,
                BLOCK,
                (first, last) ->
                    rows.rowRange(first, last).copyFrom(product.rowRange(first, last)));
      }
    }
    mirror(x);
  }

  /** Columns from..to of X, transposed, times the columns before {@code to}. */
  private void multiplyPanel(Matrix below, int from, int to, Matrix product) {
    Matrix left = below.columnRange(from, to);
    compute
        .workers()
        .forEachBlock(
            to,
            TASK,
            (first, last) ->
                compute
                    .blas()
                    .gemm(
                        Op.TRANSPOSE,
                        Op.NONE,
                        1,
                        left,
                        below.columnRange(first, last),
                        0,
                        product.columnRange(first, last)));
  }

  /** Copies the lower triangle to the upper one. */
  private void mirror(Matrix a) {
    int n = a.rows();
    compute
        .workers()
        .forEachBlock(
            n,
            BLOCK,
            (from, to) -> {
              // Square by square: a column walk through a large matrix misses the cache each time.
              for (int j = from; j < n; j += BLOCK) {
                for (int r = from; r < to; r++) {
                  for (int c = Math.max(r + 1, j); c < Math.min(n, j + BLOCK); c++) {
                    a.set(r, c, a.get(c, r));
                  }
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

  private static void load(Matrix a, int from, int size, double[] square) {
    for (int r = 0; r < size; r++) {
      for (int c = 0; c <= r; c++) {
        square[r * BLOCK + c] = a.get(from + r, from + c);
      }
    }
  }

  /** Writes a lower triangle, and zeros above it. */
  private static void store(double[] square, int size, Matrix a, int from) {
    for (int r = 0; r < size; r++) {
      for (int c = 0; c < size; c++) {
        a.set(from + r, from + c, c <= r ? (float) square[r * BLOCK + c] : 0);
      }
    }
  }

  private static int factorSquare(double[] a, int size) {
    for (int j = 0; j < size; j++) {
      double pivot = a[j * BLOCK + j];
      for (int k = 0; k < j; k++) {
        pivot -= a[j * BLOCK + k] * a[j * BLOCK + k];
      }
      if (!(pivot > 0) || pivot > Float.MAX_VALUE) {
        return j;
      }
      double root = Math.sqrt(pivot);
      a[j * BLOCK + j] = root;
      for (int i = j + 1; i < size; i++) {
        double sum = a[i * BLOCK + j];
        for (int k = 0; k < j; k++) {
          sum -= a[i * BLOCK + k] * a[j * BLOCK + k];
        }
        a[i * BLOCK + j] = sum / root;
      }
    }
    return -1;
  }

  private static void invertSquare(double[] l, int size) {
    for (int j = 0; j < size; j++) {
      l[j * BLOCK + j] = 1 / l[j * BLOCK + j];
      for (int i = j + 1; i < size; i++) {
        double sum = 0;
        for (int k = j; k < i; k++) {
          sum -= l[i * BLOCK + k] * l[k * BLOCK + j];
        }
        l[i * BLOCK + j] = sum / l[i * BLOCK + i];
      }
    }
  }
}
