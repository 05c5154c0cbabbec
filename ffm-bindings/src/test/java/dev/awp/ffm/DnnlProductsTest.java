// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products of bfloat16 parts against products in float64. */
class DnnlProductsTest {
  /** Unit roundoff of bfloat16: 8 significant bits. */
  private static final double U = 0x1p-8;

  private final Dnnl dnnl = Fixtures.dnnl();

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "7, 103, 31",
    "191, 64, 103",
    "192, 103, 352",
    "193, 352, 128",
    "500, 48, 1031"
  })
  void errorsAreWithinTheBoundOfTheParts(int m, int n, int k) {
    try (Arena arena = Arena.ofConfined()) {
      for (Precision precision : new Precision[] {Precision.BF16, Precision.BF16X3}) {
        for (Op op : Op.values()) {
          for (int gap = 0; gap < 6; gap += 5) {
            check(arena, precision, op, m, n, k, gap);
          }
        }
      }
    }
  }

  private void check(Arena arena, Precision precision, Op op, int m, int n, int k, int gap) {
    Matrix a = Fixtures.random(arena, m, k, gap, 1);
    Matrix b =
        op == Op.NONE ? Fixtures.random(arena, k, n, gap, 2) : Fixtures.random(arena, n, k, gap, 2);
    Matrix c = Fixtures.random(arena, m, n, gap, 3);
    double[][] old = Fixtures.doubles(c, Op.NONE);
    RightOperand operand = Fixtures.prepare(dnnl, precision, op, b, arena);
    operand.multiplyAdd(a, c);
    assertNear(a, Fixtures.doubles(b, op), old, c, precision);
    operand.multiply(a, c);
    assertNear(a, Fixtures.doubles(b, op), new double[m][n], c, precision);
  }

  /**
   * One part leaves u of either factor, so 2u + u^2 of their product; two leave u^2 of either, and
   * low * low, u^2 too, is left out. The sums of up to 3k + 1 terms are float32's.
   */
  private static void assertNear(
      Matrix a, double[][] b, double[][] old, Matrix c, Precision precision) {
    double ofParts = precision == Precision.BF16 ? 2 * U + U * U : 3.1 * U * U;
    for (int i = 0; i < c.rows(); i++) {
      for (int j = 0; j < c.columns(); j++) {
        double sum = old[i][j];
        double magnitude = 0;
        for (int l = 0; l < a.columns(); l++) {
          sum += a.get(i, l) * b[l][j];
          magnitude += Math.abs(a.get(i, l) * b[l][j]);
        }
        double ofSums = (3 * a.columns() + 4) * 0x1p-24;
        double bound = (ofParts + ofSums) * magnitude + ofSums * Math.abs(old[i][j]);
        double error = Math.abs(c.get(i, j) - sum);
        assertTrue(
            error <= bound,
            () -> "%s of %s: error %g, bound %g".formatted(precision, c, error, bound));
      }
    }
  }

  /** Where B is bfloat16 already, two products give what three would: the bound of A's parts. */
  @ParameterizedTest
  @EnumSource(Op.class)
  void anOperandInBfloat16HasNoLowPart(Op op) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = Fixtures.random(arena, 20, 103, 0, 1);
      Matrix b = Matrix.allocate(arena, 103, 103);
      for (int i = 0; i < 103; i++) {
        for (int j = 0; j < 103; j++) {
          b.set(i, j, (i * 7 + j * 5) % 17 - 8);
        }
      }
      Matrix c = Matrix.allocate(arena, 20, 103);
      Fixtures.prepare(dnnl, Precision.BF16X3, op, b, arena).multiply(a, c);
      assertNear(a, Fixtures.doubles(b, op), new double[20][103], c, Precision.BF16X3);
      b.set(102, 102, 0.3f);
      Fixtures.prepare(dnnl, Precision.BF16X3, op, b, arena).multiply(a, c);
      assertNear(a, Fixtures.doubles(b, op), new double[20][103], c, Precision.BF16X3);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 3, 4", "3, 0, 4", "3, 4, 0"})
  void productsOfEmptyMatricesAreEmptyOrZero(int m, int n, int k) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix c = Fixtures.random(arena, m, n, 0, 1);
      float[][] before = c.toArray();
      RightOperand operand =
          Fixtures.prepare(dnnl, Precision.BF16, Op.NONE, Matrix.allocate(arena, k, n), arena);
      operand.multiplyAdd(Matrix.allocate(arena, m, k), c);
      org.junit.jupiter.api.Assertions.assertArrayEquals(before, c.toArray());
      operand.multiply(Matrix.allocate(arena, m, k), c);
      for (int i = 0; i < c.rows(); i++) {
        for (int j = 0; j < c.columns(); j++) {
          assertEquals(0, c.get(i, j));
        }
      }
    }
  }
}
