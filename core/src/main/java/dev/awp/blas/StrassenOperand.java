// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.blas.Blas.Op;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.kernel.Kernels;
import dev.awp.parallel.Pool;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A right operand B, [k, n], that is multiplied by one level of Strassen's algorithm in Winograd's
 * form: 7 products of half the order instead of 8 (docs/decisions/0019-strassen.md). The sums of
 * B's quadrants are made once; those of A's are made on the way, one at a time.
 *
 * <p>B's quadrants are its upper and lower, left and right halves. The quadrants of A and C take
 * every other row instead, so that rows 2i and 2i + 1 go together wherever a matrix is split into
 * parts at even rows. The last row of an odd number is multiplied by {@code gemm}.
 *
 * <p>A row of C depends on both rows of its pair in A, on the other one by rounding alone; a NaN or
 * an infinity may spread over both rows, and one of B over all of C. Rounding errors are bounded
 * normwise, not by element: at most (18 (k^2 / 4 + 3 k) - 6 k) u max|A| max|B| in the first order
 * of the unit roundoff u, where the ordinary product has k^2 (Higham, Accuracy and Stability of
 * Numerical Algorithms, 2nd ed., section 23.2.2, theorem 23.3 for a square product of order k).
 */
public final class StrassenOperand implements RightOperand {
  /** Rows and columns of B from which on it pays; measured, see the decision. */
  private static final int SMALLEST_ORDER = 3072;

  /**
   * Rows of A from which on it pays. So many are split at multiples of 48 ({@link
   * Workers#partRows}): parts never tear a pair.
   */
  private static final int FEWEST_ROWS = 2048;

  private final Blas blas;
  private final ArithmeticKernels arithmetic;
  private final Matrix b;
  private final Matrix t1;
  private final Matrix t2;
  private final Matrix t3;
  private final Matrix t4;
  private final int tileRows;
  private final Pool<Matrix> sumsOfA;

  /**
   * Makes the sums of B's quadrants, on all workers.
   *
   * @param blas one thread a call
   * @param b [k, n] with even k and n; must live and keep its values as long as the operand
   * @param tileRows rows of A, an even number, that are multiplied at once: bounds the scratch of a
   *     call, tileRows / 2 x k / 2 floats
   * @param arena owns the sums and the scratch of all calls
   */
  public StrassenOperand(
      Blas blas, Kernels kernels, Workers workers, Matrix b, int tileRows, Arena arena) {
    if (b.rows() % 2 != 0 || b.columns() % 2 != 0 || tileRows < 2 || tileRows % 2 != 0) {
      throw new IllegalArgumentException(
          "quadrants of %s and of %s rows are not of one size".formatted(b, tileRows));
    }
    this.blas = blas;
    this.arithmetic = kernels.arithmetic();
    this.b = b;
    this.tileRows = tileRows;
    this.sumsOfA = new Pool<>(() -> Matrix.allocate(arena, tileRows / 2, b.rows() / 2));
    this.t1 = quadrant(arena);
    this.t2 = quadrant(arena);
    this.t3 = quadrant(arena);
    this.t4 = quadrant(arena);
    workers.forEachBlock(t1.rows(), 64, this::sumQuadrants);
  }

  /** Whether products of [rows, k] and [k, n] are faster this way. */
  public static boolean pays(int rows, int k, int n) {
    return rows >= FEWEST_ROWS && Math.min(k, n) >= SMALLEST_ORDER && k % 2 == 0 && n % 2 == 0;
  }

  /** Off-heap memory beside B, in bytes, while that many threads multiply. */
  public static long bytes(int k, int n, int tileRows, int threads) {
    return ((long) k * n + (long) threads * (tileRows / 2) * (k / 2)) * Float.BYTES;
  }

  private Matrix quadrant(Arena arena) {
    return Matrix.allocate(arena, b.rows() / 2, b.columns() / 2);
  }

  private void sumQuadrants(int from, int to) {
    int k = t1.rows();
    Matrix left = left(b);
    Matrix right = right(b);
    for (int row = from; row < to; row++) {
      arithmetic.subtract(right.row(row), left.row(row), t1.row(row));
      arithmetic.subtract(right.row(k + row), t1.row(row), t2.row(row));
      arithmetic.subtract(right.row(k + row), right.row(row), t3.row(row));
      arithmetic.subtract(t2.row(row), left.row(k + row), t4.row(row));
    }
  }

  @Override
  public void multiply(Matrix a, Matrix c) {
    BlasShapes.checkGemm(Op.NONE, Op.NONE, a, b, c);
    int paired = a.rows() - a.rows() % 2;
    if (paired > 0) {
      sumsOfA.use(
          scratch -> {
            for (int from = 0; from < paired; from += tileRows) {
              int to = Math.min(paired, from + tileRows);
              multiplyPairs(a.rowRange(from, to), c.rowRange(from, to), scratch);
            }
          });
    }
    product(1, a.rowRange(paired, a.rows()), b, 0, c.rowRange(paired, c.rows()));
  }

  /** The ordinary product. */
  @Override
  public void multiplyAdd(Matrix a, Matrix c) {
    product(1, a, b, 1, c);
  }

  /**
   * Winograd's 7 products M of the sums S of A's quadrants and T of B's, and the 7 sums of products
   * that C's quadrants are; in an order in which one S is needed at a time, and C holds the rest.
   */
  private void multiplyPairs(Matrix a, Matrix c, Matrix scratch) {
    Matrix a11 = left(a.everyOtherRow(0));
    Matrix a12 = right(a.everyOtherRow(0));
    Matrix a21 = left(a.everyOtherRow(1));
    Matrix a22 = right(a.everyOtherRow(1));
    Matrix c11 = left(c.everyOtherRow(0));
    Matrix c12 = right(c.everyOtherRow(0));
    Matrix c21 = left(c.everyOtherRow(1));
    Matrix c22 = right(c.everyOtherRow(1));
    Matrix upper = b.rowRange(0, b.rows() / 2);
    Matrix lower = b.rowRange(b.rows() / 2, b.rows());
    Matrix s = scratch.rowRange(0, a11.rows());
    forEachRow(arithmetic::add, a21, a22, s); // S1
    product(1, s, t1, 0, c22); // M5
    forEachRow(arithmetic::subtract, s, a11, s); // S2 = S1 - A11
    product(1, s, t2, 0, c21); // M6
    product(1, a11, left(upper), 0, c11); // M1
    forEachRow(arithmetic::add, c11, c21, c21); // U1 = M1 + M6
    forEachRow(arithmetic::add, c21, c22, c12); // U3 = U1 + M5
    product(1, a12, left(lower), 1, c11); // C11 = M1 + M2
    forEachRow(arithmetic::subtract, a12, s, s); // S4 = A12 - S2
    product(1, s, right(lower), 1, c12); // C12 = U3 + M3
    forEachRow(arithmetic::subtract, a11, a21, s); // S3
    product(1, s, t3, 1, c21); // U2 = U1 + M7
    forEachRow(arithmetic::add, c21, c22, c22); // C22 = U2 + M5
    product(-1, a22, t4, 1, c21); // C21 = U2 - M4
  }

  private void product(float alpha, Matrix left, Matrix right, float beta, Matrix sum) {
    blas.gemm(Op.NONE, Op.NONE, alpha, left, right, beta, sum);
  }

  /** A kernel of x and y into out. */
  private interface RowKernel {
    void run(MemorySegment x, MemorySegment y, MemorySegment out);
  }

  private static void forEachRow(RowKernel kernel, Matrix x, Matrix y, Matrix out) {
    for (int row = 0; row < out.rows(); row++) {
      kernel.run(x.row(row), y.row(row), out.row(row));
    }
  }

  private static Matrix left(Matrix x) {
    return x.columnRange(0, x.columns() / 2);
  }

  private static Matrix right(Matrix x) {
    return x.columnRange(x.columns() / 2, x.columns());
  }
}
