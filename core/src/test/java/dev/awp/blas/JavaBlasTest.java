// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.KernelProvider;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The Java products against the definition, and what splitting them over workers may not change.
 */
@Tag("kernel")
class JavaBlasTest {
  private final Blas blas = new JavaBlas(KernelProvider.kernels());

  /** alpha op(A) op(B) + beta C in float64. */
  private static double[][] expected(
      Op opA, Op opB, double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    int depth = opA == Op.NONE ? a.columns() : a.rows();
    double[][] out = new double[c.rows()][c.columns()];
    for (int i = 0; i < c.rows(); i++) {
      for (int j = 0; j < c.columns(); j++) {
        double sum = 0;
        for (int p = 0; p < depth; p++) {
          double left = opA == Op.NONE ? a.get(i, p) : a.get(p, i);
          sum += left * (opB == Op.NONE ? b.get(p, j) : b.get(j, p));
        }
        out[i][j] = alpha * sum + (beta == 0 ? 0 : beta * c.get(i, j));
      }
    }
    return out;
  }

  /** A view in the middle of a larger matrix, so that strides and neighbours matter. */
  private static Matrix view(int rows, int columns, long seed, Arena arena) {
    Matrix whole = RandomMatrices.of(Kind.GAUSSIAN, rows + 2, columns + 5, seed, arena);
    return whole.rowRange(1, rows + 1).columnRange(3, columns + 3);
  }

  @Test
  void productsAgreeWithTheDefinition() {
    int[][] shapes = {
      {1, 1, 1},
      {2, 3, 4},
      {6, 32, 16},
      {7, 33, 17},
      {103, 61, 31},
      {5, 103, 300},
      {250, 40, 7},
      {13, 1, 520},
      {64, 64, 257}
    };
    for (int[] s : shapes) {
      for (Op opA : Op.values()) {
        for (Op opB : Op.values()) {
          for (float beta : new float[] {0, 1, -0.5f}) {
            try (Arena arena = Arena.ofConfined()) {
              Matrix a = opA == Op.NONE ? view(s[0], s[2], 1, arena) : view(s[2], s[0], 1, arena);
              Matrix b = opB == Op.NONE ? view(s[2], s[1], 2, arena) : view(s[1], s[2], 2, arena);
              Matrix whole = RandomMatrices.of(Kind.GAUSSIAN, s[0], s[1] + 4, 3, arena);
              Matrix c = whole.columnRange(2, s[1] + 2);
              float[][] before = whole.toArray();
              double[][] expected = expected(opA, opB, 0.7, a, b, beta, c);
              blas.gemm(opA, opB, 0.7f, a, b, beta, c);
              for (int i = 0; i < s[0]; i++) {
                for (int j = 0; j < s[1]; j++) {
                  assertEquals(expected[i][j], c.get(i, j), 1e-6 * (s[2] + 10), i + ", " + j);
                }
                assertEquals(before[i][1], whole.get(i, 1));
                assertEquals(before[i][s[1] + 2], whole.get(i, s[1] + 2));
              }
            }
          }
        }
      }
    }
  }

  @Test
  void oldValuesAreNotReadUnderBetaZero() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = view(5, 6, 1, arena);
      Matrix c = Matrix.allocate(arena, 5, 5);
      for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
          c.set(i, j, Float.NaN);
        }
      }
      blas.gemm(Op.NONE, Op.TRANSPOSE, 1, a, a, 0, c);
      assertTrue(Float.isFinite(c.get(4, 4)));
      c.set(2, 1, Float.NaN);
      blas.syrk(1, a.rowRange(0, 5).columnRange(0, 5), 0, c);
      assertTrue(Float.isFinite(c.get(2, 1)));
    }
  }

  @Test
  void syrkFillsTheLowerTriangleAlone() {
    for (int d : new int[] {1, 5, 127, 128, 131, 300}) {
      for (float beta : new float[] {0, 1, 0.25f}) {
        try (Arena arena = Arena.ofConfined()) {
          Matrix a = view(37, d, 1, arena);
          Matrix c = RandomMatrices.of(Kind.GAUSSIAN, d, d, 2, arena);
          float[][] before = c.toArray();
          double[][] expected = expected(Op.TRANSPOSE, Op.NONE, 2, a, a, beta, c);
          blas.syrk(2, a, beta, c);
          for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
              double wanted = j <= i ? expected[i][j] : before[i][j];
              assertEquals(wanted, c.get(i, j), 1e-4, i + ", " + j + " of " + d);
            }
          }
        }
      }
    }
  }

  @Test
  void splittingOverWorkersChangesNoBit() {
    try (Arena arena = Arena.ofShared()) {
      Matrix a = view(1100, 70, 1, arena);
      Matrix b = view(70, 90, 2, arena);
      Matrix[] products = new Matrix[4];
      Matrix[] moments = new Matrix[4];
      for (int i = 0; i < 4; i++) {
        products[i] = Matrix.allocate(arena, 1100, 90);
        moments[i] = Matrix.allocate(arena, 1100, 1100);
        Matrix transposed = view(40, 1100, 3, arena);
        if (i == 0) {
          blas.gemm(Op.NONE, Op.NONE, 1, a, b, 0, products[i]);
          blas.syrk(1, transposed, 0, moments[i]);
        } else {
          try (Workers workers = new Workers(i == 3 ? 4 : i)) {
            ParallelBlas parallel = new ParallelBlas(blas, workers);
            parallel.gemm(Op.NONE, Op.NONE, 1, a, b, 0, products[i]);
            parallel.syrk(1, transposed, 0, moments[i]);
          }
        }
        assertEquals(-1, products[0].segment().mismatch(products[i].segment()));
        assertEquals(-1, moments[0].segment().mismatch(moments[i].segment()));
      }
    }
  }

  @Test
  void emptyShapesAreLegal() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix c = Matrix.copyOf(arena, new float[] {5});
      Matrix tall = Matrix.allocate(arena, 1, 0);
      Matrix wide = Matrix.allocate(arena, 0, 1);
      blas.gemm(Op.NONE, Op.NONE, 1, tall, wide, 1, c);
      assertEquals(5, c.get(0, 0));
      blas.gemm(Op.NONE, Op.NONE, 1, tall, wide, 0, c);
      assertEquals(0, c.get(0, 0));
      blas.gemm(Op.NONE, Op.NONE, 1, wide, c, 0, Matrix.allocate(arena, 0, 1));
    }
  }

  @Test
  void wrongShapesAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = Matrix.allocate(arena, 3, 4);
      Matrix b = Matrix.allocate(arena, 4, 5);
      Matrix c = Matrix.allocate(arena, 3, 5);
      assertRefused(() -> blas.gemm(Op.TRANSPOSE, Op.NONE, 1, a, b, 0, c));
      assertRefused(() -> blas.gemm(Op.NONE, Op.TRANSPOSE, 1, a, b, 0, c));
      assertRefused(() -> blas.gemm(Op.NONE, Op.NONE, 1, a, b, 0, b));
      assertRefused(() -> blas.syrk(1, a, 0, c));
      Matrix square = Matrix.allocate(arena, 4, 4);
      assertRefused(() -> blas.gemm(Op.NONE, Op.NONE, 1, square, square, 0, square));
      assertRefused(() -> blas.syrk(1, square, 0, square));
      // Side by side in one matrix, they share no element.
      Matrix whole = Matrix.allocate(arena, 4, 8);
      blas.gemm(Op.NONE, Op.NONE, 1, square, whole.columnRange(0, 4), 0, whole.columnRange(4, 8));
      assertRefused(
          () ->
              blas.gemm(
                  Op.NONE,
                  Op.NONE,
                  1,
                  square,
                  whole.columnRange(0, 4),
                  0,
                  whole.columnRange(3, 7)));
    }
  }

  private static void assertRefused(Runnable call) {
    assertThrows(IllegalArgumentException.class, call::run);
  }
}
