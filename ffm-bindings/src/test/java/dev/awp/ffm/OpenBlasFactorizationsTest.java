// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenBlasFactorizationsTest {
  private final OpenBlas blas = Fixtures.openBlas();

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 0", "5, 3", "32, 0", "33, 1", "103, 0", "103, 9"})
  void choleskyMultipliesBack(int n, int gap) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = Fixtures.positiveDefinite(arena, n, gap, 5);
      float[][] before = a.toArray();
      poisonUpperTriangle(a);
      assertEquals(OptionalInt.empty(), blas.cholesky(a));
      for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
          double sum = 0;
          for (int k = 0; k <= j; k++) {
            sum += (double) a.get(i, k) * a.get(j, k);
          }
          assertEquals(before[i][j], sum, 1e-6 * (n + 4));
        }
      }
      assertUpperTrianglePoisoned(a);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 0", "5, 3", "33, 1", "103, 0", "103, 9"})
  void invertCholeskyGivesTheInverse(int n, int gap) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = Fixtures.positiveDefinite(arena, n, gap, 6);
      float[][] before = a.toArray();
      poisonUpperTriangle(a);
      assertEquals(OptionalInt.empty(), blas.cholesky(a));
      assertEquals(OptionalInt.empty(), blas.invertCholesky(a));
      assertUpperTrianglePoisoned(a);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          double sum = 0;
          for (int k = 0; k < n; k++) {
            sum += (double) before[i][k] * a.get(Math.max(k, j), Math.min(k, j));
          }
          assertEquals(i == j ? 1 : 0, sum, 1e-5);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 50, 102})
  void choleskyNamesThePivotThatFails(int pivot) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = identity(arena, 103);
      a.set(pivot, pivot, -1f);
      assertEquals(OptionalInt.of(pivot), blas.cholesky(a));
      a = identity(arena, 103);
      a.set(pivot, pivot, 0f);
      assertEquals(OptionalInt.of(pivot), blas.cholesky(a), "semidefinite");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 50, 102})
  void invertCholeskyNamesTheZero(int index) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix l = identity(arena, 103);
      l.set(index, index, 0f);
      assertEquals(OptionalInt.of(index), blas.invertCholesky(l));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 3", "25, 0", "26, 0", "103, 0", "103, 9"})
  void eigenvectorsLieInRows(int n, int gap) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = Fixtures.random(arena, n, n, gap, 7);
      double[][] full = symmetric(a);
      poisonUpperTriangle(a);
      Matrix w = Matrix.allocate(arena, 1, n);
      blas.symmetricEigen(a, w);
      double tolerance = 2e-6 * (n + 4);
      for (int i = 0; i < n; i++) {
        assertTrue(i == 0 || w.get(0, i - 1) <= w.get(0, i), "ascending");
        for (int r = 0; r < n; r++) {
          double product = 0;
          double dot = 0;
          for (int c = 0; c < n; c++) {
            product += full[r][c] * a.get(i, c);
            dot += (double) a.get(r, c) * a.get(i, c);
          }
          assertEquals((double) w.get(0, i) * a.get(i, r), product, tolerance, "A v = w v");
          assertEquals(r == i ? 1 : 0, dot, tolerance, "orthonormal");
        }
      }
    }
  }

  @Test
  void eigenvaluesOfADiagonalMatrixAreItsEntries() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = Matrix.allocate(arena, 40, 40);
      for (int i = 0; i < 40; i++) {
        a.set(i, i, 40 - i);
      }
      Matrix w = Matrix.allocate(arena, 1, 40);
      blas.symmetricEigen(a, w);
      for (int i = 0; i < 40; i++) {
        assertEquals(i + 1f, w.get(0, i), 1e-4f);
      }
    }
  }

  @Test
  void theGreatestAndTheSmallestFiniteEntriesEnd() {
    try (Arena arena = Arena.ofConfined()) {
      for (float value : new float[] {Float.MAX_VALUE, Float.MIN_VALUE, -Float.MAX_VALUE, 0f}) {
        Matrix a = Matrix.allocate(arena, 40, 40);
        for (int i = 0; i < 40; i++) {
          for (int j = 0; j <= i; j++) {
            a.set(i, j, value);
          }
        }
        Matrix w = Matrix.allocate(arena, 1, 40);
        blas.symmetricEigen(a, w);
        blas.cholesky(Fixtures.random(arena, 40, 40, 0, 1));
      }
    }
  }

  @Test
  void withoutRowsNothingIsDone() {
    try (Arena arena = Arena.ofConfined()) {
      Matrix empty = Matrix.allocate(arena, 0, 0);
      assertEquals(OptionalInt.empty(), blas.cholesky(empty));
      assertEquals(OptionalInt.empty(), blas.invertCholesky(empty));
      blas.symmetricEigen(empty, Matrix.allocate(arena, 1, 0));
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void whatIsNotFiniteIsRefusedAndNamed(float value) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix a = identity(arena, 40);
      a.set(31, 7, value);
      Matrix w = Matrix.allocate(arena, 1, 40);
      List<Consumer<Matrix>> routines =
          List.of(blas::cholesky, blas::invertCholesky, x -> blas.symmetricEigen(x, w));
      List<String> names = List.of("cholesky", "invertCholesky", "symmetricEigen");
      for (int i = 0; i < names.size(); i++) {
        Consumer<Matrix> routine = routines.get(i);
        AwpException e = assertThrows(AwpException.class, () -> routine.accept(a));
        assertEquals(
            names.get(i)
                + ": entry (31, 7) of the [40, 40] matrix is "
                + value
                + "; every entry must be finite",
            e.getMessage());
      }
    }
  }

  private static Matrix identity(Arena arena, int n) {
    Matrix a = Matrix.allocate(arena, n, n);
    for (int i = 0; i < n; i++) {
      a.set(i, i, 1f);
    }
    return a;
  }

  private static double[][] symmetric(Matrix lower) {
    int n = lower.rows();
    double[][] full = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        full[i][j] = lower.get(Math.max(i, j), Math.min(i, j));
      }
    }
    return full;
  }

  private static void poisonUpperTriangle(Matrix a) {
    for (int i = 0; i < a.rows(); i++) {
      for (int j = i + 1; j < a.columns(); j++) {
        a.set(i, j, Float.NaN);
      }
    }
  }

  private static void assertUpperTrianglePoisoned(Matrix a) {
    for (int i = 0; i < a.rows(); i++) {
      for (int j = i + 1; j < a.columns(); j++) {
        assertTrue(Float.isNaN(a.get(i, j)));
      }
    }
  }
}
