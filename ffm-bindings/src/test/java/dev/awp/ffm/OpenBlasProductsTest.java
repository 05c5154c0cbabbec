// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.ffm.Fixtures.Expected;
import dev.awp.ffm.OpenBlas.Side;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OpenBlasProductsTest {
  private static final int PRIME = 103;

  private final OpenBlas blas = Fixtures.openBlas();

  @Property(tries = 300)
  void gemmIsTheDefinitionAtAnyShape(
      @ForAll Op opA,
      @ForAll Op opB,
      @ForAll @IntRange(max = 40) int m,
      @ForAll @IntRange(max = 40) int n,
      @ForAll @IntRange(max = 40) int k,
      @ForAll @IntRange(max = 9) int gap) {
    gemm(opA, opB, m, n, k, gap, -0.5f, 2f);
  }

  @ParameterizedTest
  @CsvSource({
    "NONE, NONE",
    "NONE, TRANSPOSE",
    "TRANSPOSE, NONE",
    "TRANSPOSE, TRANSPOSE",
  })
  void gemmAtAPrimeSize(Op opA, Op opB) {
    gemm(opA, opB, PRIME, PRIME, PRIME, 0, 1f, 0f);
    gemm(opA, opB, PRIME, PRIME + 2, 211, 7, 1f, 1f);
    gemm(opA, opB, 1, PRIME, PRIME, 7, 1f, 0f);
    gemm(opA, opB, PRIME, 1, PRIME, 7, 1f, 0f);
  }

  @ParameterizedTest
  @CsvSource({"0, 5, 3", "5, 0, 3", "5, 3, 0", "0, 0, 0"})
  void gemmWithoutElementsIsLegal(int m, int n, int k) {
    for (Op op : Op.values()) {
      gemm(op, op, m, n, k, 0, 1f, 3f);
      gemm(op, op, m, n, k, 2, 1f, 0f);
    }
  }

  private void gemm(Op opA, Op opB, int m, int n, int k, int gap, float alpha, float beta) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = operand(arena, opA, m, k, gap, 1);
      Matrix b = operand(arena, opB, k, n, gap, 2);
      Matrix c = Fixtures.random(arena, m, n, gap, 3);
      Expected expected =
          Expected.product(
              alpha,
              Fixtures.doubles(a, opA),
              Fixtures.doubles(b, opB),
              k,
              beta,
              Fixtures.doubles(c, Op.NONE));
      blas.gemm(opA, opB, alpha, a, b, beta, c);
      expected.assertHolds(c, false);
    }
  }

  private static Matrix operand(Arena arena, Op op, int rows, int columns, int gap, long seed) {
    return op == Op.NONE
        ? Fixtures.random(arena, rows, columns, gap, seed)
        : Fixtures.random(arena, columns, rows, gap, seed);
  }

  @Test
  void gemmLeavesWhatLiesBetweenTheRows() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = Fixtures.random(arena, PRIME, PRIME, 0, 1);
      Matrix parent = Matrix.allocate(arena, PRIME, PRIME + 6);
      blas.gemm(Op.NONE, Op.NONE, 1f, a, a, 0f, parent.columnRange(3, PRIME + 3));
      for (int r = 0; r < PRIME; r++) {
        for (int c = 0; c < 3; c++) {
          assertEquals(0f, parent.get(r, c));
          assertEquals(0f, parent.get(r, PRIME + 3 + c));
        }
      }
    }
  }

  @Test
  void aFactorOfZeroKeepsWhatItMultipliesFromBeingRead() {
    try (Arena arena = Arena.ofConfined()) {
      for (int n : new int[] {3, 16, PRIME}) {
        Matrix a = Fixtures.random(arena, n, n, 0, 1);
        Matrix nan = filled(arena, n, Float.NaN);
        Matrix c = filled(arena, n, Float.NaN);
        blas.gemm(Op.NONE, Op.NONE, 1f, a, a, 0f, c);
        assertTrue(isFinite(c, false), "gemm, beta = 0, " + n);
        blas.gemm(Op.NONE, Op.NONE, 0f, nan, nan, 2f, c);
        assertTrue(isFinite(c, false), "gemm, alpha = 0, " + n);
        c = filled(arena, n, Float.NaN);
        blas.syrk(1f, a, 0f, c);
        assertTrue(isFinite(c, true), "syrk, beta = 0, " + n);
        blas.syrk(0f, nan, 2f, c);
        assertTrue(isFinite(c, true), "syrk, alpha = 0, " + n);
        c = filled(arena, n, Float.NaN);
        blas.symm(Side.LEFT, 1f, a, a.rowRange(0, n), 0f, c);
        assertTrue(isFinite(c, false), "symm, beta = 0, " + n);
        blas.symm(Side.LEFT, 0f, nan, nan, 2f, c);
        assertTrue(isFinite(c, false), "symm, alpha = 0, " + n);
      }
    }
  }

  @Test
  void nanAndInfinityReachTheRowsThatTheyBelongTo() {
    try (Arena arena = Arena.ofConfined()) {
      for (int n : new int[] {3, 16, PRIME}) {
        Matrix a = Fixtures.random(arena, n, n, 0, 1);
        Matrix ones = filled(arena, n, 1f);
        Matrix c = Matrix.allocate(arena, n, n);
        a.set(1, 2, Float.NaN);
        a.set(2, 0, Float.NEGATIVE_INFINITY);
        blas.gemm(Op.NONE, Op.NONE, 1f, a, ones, 0f, c);
        for (int j = 0; j < n; j++) {
          assertTrue(Float.isFinite(c.get(0, j)));
          assertTrue(Float.isNaN(c.get(1, j)));
          assertEquals(Float.NEGATIVE_INFINITY, c.get(2, j));
        }
      }
    }
  }

  @Property(tries = 200)
  void syrkIsTheDefinitionAtAnyShape(
      @ForAll @IntRange(max = 60) int n,
      @ForAll @IntRange(max = 60) int d,
      @ForAll @IntRange(max = 9) int gap) {
    syrk(n, d, gap, 0.25f, 1f);
  }

  @Test
  void syrkIsTheDefinitionAtAPrimeSize() {
    syrk(PRIME, PRIME, 0, 1f, 0f);
    syrk(211, PRIME, 7, 1f, 1f);
    syrk(1, PRIME, 7, 1f, 0f);
    syrk(PRIME, 1, 7, 1f, 0f);
  }

  private void syrk(int n, int d, int gap, float alpha, float beta) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = Fixtures.random(arena, n, d, gap, 1);
      Matrix c = Fixtures.random(arena, d, d, gap, 2);
      float[][] before = c.toArray();
      Expected expected =
          Expected.product(
              alpha,
              Fixtures.doubles(a, Op.TRANSPOSE),
              Fixtures.doubles(a, Op.NONE),
              n,
              beta,
              Fixtures.doubles(c, Op.NONE));
      blas.syrk(alpha, a, beta, c);
      expected.assertHolds(c, true);
      assertUpperTriangle(before, c);
    }
  }

  @ParameterizedTest
  @EnumSource
  void symmReadsTheLowerTriangleAlone(Side side) {
    for (int gap : new int[] {0, 7}) {
      symm(side, PRIME, PRIME, gap);
      symm(side, PRIME, 17, gap);
      symm(side, 17, PRIME, gap);
      symm(side, 1, 5, gap);
      symm(side, 5, 1, gap);
      symm(side, 0, 5, gap);
      symm(side, 5, 0, gap);
    }
  }

  private void symm(Side side, int m, int n, int gap) {
    try (Arena arena = Arena.ofConfined()) {
      int order = side == Side.LEFT ? m : n;
      Matrix s = Fixtures.random(arena, order, order, gap, 1);
      Matrix b = Fixtures.random(arena, m, n, gap, 2);
      Matrix c = Fixtures.random(arena, m, n, gap, 3);
      double[][] full = Fixtures.doubles(s, Op.NONE);
      for (int i = 0; i < order; i++) {
        for (int j = i + 1; j < order; j++) {
          full[i][j] = full[j][i];
          s.set(i, j, Float.NaN);
        }
      }
      double[][] right = Fixtures.doubles(b, Op.NONE);
      Expected expected =
          side == Side.LEFT
              ? Expected.product(2, full, right, m, 0.5, Fixtures.doubles(c, Op.NONE))
              : Expected.product(2, right, full, n, 0.5, Fixtures.doubles(c, Op.NONE));
      blas.symm(side, 2f, s, b, 0.5f, c);
      expected.assertHolds(c, false);
    }
  }

  private static void assertUpperTriangle(float[][] before, Matrix after) {
    for (int r = 0; r < after.rows(); r++) {
      for (int c = r + 1; c < after.columns(); c++) {
        assertArrayEquals(new float[] {before[r][c]}, new float[] {after.get(r, c)});
      }
    }
  }

  private static Matrix filled(Arena arena, int n, float value) {
    Matrix matrix = Matrix.allocate(arena, n, n);
    for (int r = 0; r < n; r++) {
      for (int c = 0; c < n; c++) {
        matrix.set(r, c, value);
      }
    }
    return matrix;
  }

  private static boolean isFinite(Matrix matrix, boolean lowerTriangle) {
    for (int r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < (lowerTriangle ? r + 1 : matrix.columns()); c++) {
        if (!Float.isFinite(matrix.get(r, c))) {
          return false;
        }
      }
    }
    return true;
  }
}
