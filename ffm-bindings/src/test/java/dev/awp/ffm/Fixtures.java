// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.BlasProvider.UnavailableException;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.compute.KernelProvider;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;

/** Matrices for the tests of this package, and what they are computed against. */
final class Fixtures {
  private static final double UNIT_ROUNDOFF = 0x1p-24;

  private Fixtures() {}

  static OpenBlas openBlas() {
    try {
      return OpenBlas.load();
    } catch (UnavailableException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * oneDNN on any processor for which it can multiply bfloat16, if only by widening it: where it
   * cannot, the test does not apply.
   */
  static Dnnl dnnl() {
    Dnnl dnnl;
    try {
      dnnl = Dnnl.load(KernelProvider.kernels());
    } catch (UnavailableException e) {
      return Assumptions.abort(e.getMessage());
    }
    try (Arena arena = Arena.ofConfined()) {
      prepare(dnnl, Precision.BF16, Op.NONE, Matrix.allocate(arena, 1, 1), arena);
    } catch (IllegalStateException e) {
      return Assumptions.abort("no bfloat16 for this processor: " + e.getMessage());
    }
    return dnnl;
  }

  /** An operand of a matrix in memory, made by the calling thread alone. */
  static RightOperand prepare(Dnnl dnnl, Precision precision, Op op, Matrix b, Arena arena) {
    try (Workers alone = new Workers(1)) {
      return dnnl.prepare(precision, op, RowSource.of(b), alone, arena);
    }
  }

  /**
   * Values in (-1, 1), as a view of a wider matrix of NaN: what lies between the rows must neither
   * be read nor written.
   */
  static Matrix random(SegmentAllocator allocator, int rows, int columns, int gap, long seed) {
    Matrix parent = Matrix.allocate(allocator, rows, columns + gap);
    SplittableRandom random = new SplittableRandom(seed);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns + gap; c++) {
        boolean inside = c >= gap / 2 && c < gap / 2 + columns;
        parent.set(r, c, inside ? (float) random.nextDouble(-1, 1) : Float.NaN);
      }
    }
    return parent.columnRange(gap / 2, gap / 2 + columns);
  }

  /** X^T X + I for a random X: symmetric positive definite and well conditioned. */
  static Matrix positiveDefinite(SegmentAllocator allocator, int n, int gap, long seed) {
    Matrix x = random(allocator, n, n, 0, seed);
    Matrix result = random(allocator, n, n, gap, seed);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = i == j ? 1 : 0;
        for (int k = 0; k < n; k++) {
          sum += (double) x.get(k, i) * x.get(k, j) / n;
        }
        result.set(i, j, (float) sum);
        result.set(j, i, (float) sum);
      }
    }
    return result;
  }

  static double[][] doubles(Matrix matrix, Op op) {
    int rows = op == Op.NONE ? matrix.rows() : matrix.columns();
    int columns = op == Op.NONE ? matrix.columns() : matrix.rows();
    double[][] values = new double[rows][columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        values[r][c] = op == Op.NONE ? matrix.get(r, c) : matrix.get(c, r);
      }
    }
    return values;
  }

  /**
   * alpha A B + beta C with the error that float32 sums in any order may have: (k + 4) u (|alpha|
   * |A| |B| + |beta| |C|), u = 2^-24 (Higham, Accuracy and Stability of Numerical Algorithms,
   * section 3.5).
   */
  static final class Expected {
    private final double[][] value;
    private final double[][] bound;

    private Expected(double[][] value, double[][] bound) {
      this.value = value;
      this.bound = bound;
    }

    static Expected product(
        double alpha, double[][] a, double[][] b, int k, double beta, double[][] c) {
      int m = c.length;
      int n = m == 0 ? 0 : c[0].length;
      double[][] value = new double[m][n];
      double[][] bound = new double[m][n];
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = 0;
          double magnitude = 0;
          for (int l = 0; l < k; l++) {
            sum += a[i][l] * b[l][j];
            magnitude += Math.abs(a[i][l] * b[l][j]);
          }
          double old = beta == 0 ? 0 : beta * c[i][j];
          value[i][j] = alpha * sum + old;
          bound[i][j] = (k + 4) * UNIT_ROUNDOFF * (Math.abs(alpha) * magnitude + Math.abs(old));
        }
      }
      return new Expected(value, bound);
    }

    /** Fails on the first entry that is off; looks at the lower triangle alone if so told. */
    void assertHolds(Matrix actual, boolean lowerTriangle) {
      for (int i = 0; i < actual.rows(); i++) {
        for (int j = 0; j < (lowerTriangle ? i + 1 : actual.columns()); j++) {
          double error = Math.abs(actual.get(i, j) - value[i][j]);
          if (!(error <= bound[i][j])) {
            throw new AssertionError(
                "(%d, %d) is %s, expected %s within %s"
                    .formatted(i, j, actual.get(i, j), value[i][j], bound[i][j]));
          }
        }
      }
    }
  }
}
