// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.compute.Compute;
import dev.awp.linalg.Cholesky;
import dev.awp.linalg.DampedFactor;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The order in which a sweep rounds columns, and how the error of one is made up for by those after
 * it (GPTQ, Frantar et al. 2023): with U the upper Cholesky factor of (C + damping)^-1 = U^T U in
 * that order, an error e in column j is answered by -e U_jk / U_jj in every later column k.
 */
public final class ColumnOrder {
  private final int[] columns;
  private final Matrix feedback;
  private final float[] pivots;
  private final double damping;

  private ColumnOrder(int[] columns, Matrix feedback, float[] pivots, double damping) {
    this.columns = columns;
    this.feedback = feedback;
    this.pivots = pivots;
    this.damping = damping;
  }

  /** The column that comes at a place of the sweep. */
  public int column(int place) {
    return columns[place];
  }

  /** [dIn, dIn]: row j holds -U_jk / U_jj for every k after j, zeros elsewhere. */
  public Matrix feedback() {
    return feedback;
  }

  /** U_jj: an error e in column j costs e^2 / U_jj^2 once all later columns have made up for it. */
  public float pivot(int place) {
    return pivots[place];
  }

  /** What was added to the diagonal of C, in units of its mean. */
  public double damping() {
    return damping;
  }

  /** Columns from left to right. */
  public static int[] natural(Matrix c) {
    return IntStream.range(0, c.rows()).toArray();
  }

  /** Columns by falling C_jj: what matters most is rounded while most can make up for it. */
  public static int[] byActivation(Matrix c) {
    return byActivation(c, 0, c.rows());
  }

  /** The same of the columns from (inclusive) to (exclusive) alone. */
  static int[] byActivation(Matrix c, int from, int to) {
    return IntStream.range(from, to)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer j) -> -c.get(j, j)).thenComparing(j -> j))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /**
   * Group after group by falling sum of C_jj, in each its columns by falling C_jj: a sweep in this
   * order can fit a group's grid when it gets there, to what the columns before have made of it.
   *
   * @param runLength columns that stay together within a group, run after run by falling sum
   */
  public static int[] byGroups(Matrix c, int groupSize, int runLength) {
    double[] sums = sums(c, groupSize);
    double[] runs = sums(c, runLength);
    return IntStream.range(0, c.rows())
        .boxed()
        .sorted(
            Comparator.comparingDouble((Integer j) -> -sums[j / groupSize])
                .thenComparingInt(j -> j / groupSize)
                .thenComparingDouble(j -> -runs[j / runLength])
                .thenComparingInt(j -> j / runLength)
                .thenComparingDouble(j -> -c.get(j, j))
                .thenComparing(j -> j))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static double[] sums(Matrix c, int size) {
    double[] sums = new double[Math.ceilDiv(c.rows(), size)];
    for (int j = 0; j < c.rows(); j++) {
      sums[j / size] += c.get(j, j);
    }
    return sums;
  }

  /**
   * Factors C in an order.
   *
   * @param damping in units of the mean of C's diagonal; rises where it is too little
   */
  public static ColumnOrder of(
      Matrix c, int[] order, double damping, Compute compute, SegmentAllocator allocator) {
    int n = c.rows();
    Matrix feedback = Matrix.allocate(allocator, n, n);
    float[] pivots = new float[n];
    try (Arena arena = Arena.ofShared()) {
      Matrix factor = Matrix.allocate(arena, n, n);
      double used = invertFactor(c, order, damping, factor, compute);
      fill(factor, feedback, pivots, compute);
      return new ColumnOrder(order, feedback, pivots, used);
    }
  }

  /** (C + damping)^-1 = U^T U, rows and columns as they are in C; for few columns. */
  Matrix inverse(SegmentAllocator allocator) {
    int n = columns.length;
    Matrix inverse = Matrix.allocate(allocator, n, n);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = 0;
        for (int k = 0; k <= j; k++) {
          sum += upper(k, i) * upper(k, j);
        }
        inverse.set(columns[i], columns[j], (float) sum);
        inverse.set(columns[j], columns[i], (float) sum);
      }
    }
    return inverse;
  }

  /** U_kj, j no less than k. */
  private double upper(int k, int j) {
    return j == k ? pivots[k] : -(double) feedback.get(k, j) * pivots[k];
  }

  /** Off-heap memory of an order, in bytes. */
  public static long bytes(int n) {
    return (long) n * n * Float.BYTES;
  }

  /** Writes L^-1 of C in the reverse order. */
  private static double invertFactor(
      Matrix c, int[] order, double damping, Matrix factor, Compute compute) {
    int n = c.rows();
    double mean = DampedFactor.meanDiagonal(c);
    // U = J L^-1 J where L L^T is C in the reverse order (J): no inverse has to be formed.
    return DampedFactor.invertFactor(
        into ->
            compute
                .workers()
                .forEachBlock(
                    n,
                    64,
                    (from, to) -> {
                      for (int i = from; i < to; i++) {
                        for (int j = 0; j <= i; j++) {
                          into.set(i, j, c.get(order[n - 1 - i], order[n - 1 - j]));
                        }
                      }
                    }),
        mean > 0 ? mean : 1,
        damping,
        factor,
        compute);
  }

  private static void fill(Matrix factor, Matrix feedback, float[] pivots, Compute compute) {
    int n = factor.rows();
    compute
        .workers()
        .forEachBlock(
            n,
            64,
            (from, to) -> {
              for (int j = from; j < to; j++) {
                float pivot = factor.get(n - 1 - j, n - 1 - j);
                pivots[j] = pivot;
                for (int k = j + 1; k < n; k++) {
                  feedback.set(j, k, -factor.get(n - 1 - j, n - 1 - k) / pivot);
                }
              }
            });
  }

  /** Flops of factoring and inverting the factor. */
  public static double flops(int n) {
    return 2 * Cholesky.factorFlops(n);
  }
}
