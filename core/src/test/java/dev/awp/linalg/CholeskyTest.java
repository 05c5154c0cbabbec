// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.linalg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.fixture.RandomMatrices;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Factors and inverses against their definitions, in float64. */
class CholeskyTest {
  private final Arena arena = Arena.ofShared();

  @AfterEach
  void free() {
    arena.close();
  }

  /** A second moment plus a tenth of its largest diagonal entry. */
  private Matrix positive(int n) {
    Matrix a = RandomMatrices.secondMoment(n, n, arena);
    float most = 0;
    for (int i = 0; i < n; i++) {
      most = Math.max(most, a.get(i, i));
    }
    for (int i = 0; i < n; i++) {
      a.set(i, i, a.get(i, i) + 0.1f * most);
    }
    return a;
  }

  private Matrix copy(Matrix a) {
    Matrix copy = Matrix.allocate(arena, a.rows(), a.columns());
    copy.copyFrom(a);
    return copy;
  }

  private static float[][] columns(Matrix a) {
    float[][] columns = new float[a.columns()][a.rows()];
    for (int i = 0; i < a.rows(); i++) {
      for (int j = 0; j < a.columns(); j++) {
        columns[j][i] = a.get(i, j);
      }
    }
    return columns;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 63, 64, 65, 127, 128, 129, 192, 193, 256, 321, 449})
  void inversesMeetTheirDefinitions(int n) {
    Matrix a = positive(n);
    Matrix x = copy(a);
    try (Compute compute = Compute.create(2)) {
      Cholesky cholesky = new Cholesky(compute);
      assertEquals(OptionalInt.empty(), cholesky.invertFactor(x));
      Matrix inverse = copy(x);
      cholesky.multiplyInverse(inverse);
      float[][] rows = a.toArray();
      float[][] ofFactor = columns(x);
      float[][] ofInverse = columns(inverse);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          double square = 0;
          double one = 0;
          for (int k = 0; k < n; k++) {
            square += k < Math.max(i, j) ? 0 : (double) ofFactor[i][k] * ofFactor[j][k];
            one += (double) rows[i][k] * ofInverse[j][k];
          }
          assertEquals(square, inverse.get(i, j), 1e-4 * inverse.get(i, i), i + ", " + j);
          assertEquals(i == j ? 1 : 0, one, 1e-3, i + ", " + j);
          assertEquals(inverse.get(i, j), inverse.get(j, i));
        }
        assertTrue(x.get(i, i) > 0);
      }
    }
  }

  /** A large mean leaves pivots of a thousandth of the diagonal: rounding must not eat them up. */
  @Test
  void smallPivotsSurvive() {
    int n = 700;
    Matrix inputs = RandomMatrices.of(RandomMatrices.Kind.POSITIVE, n, 1, 3, arena);
    Matrix a = Matrix.allocate(arena, n, n);
    try (Compute compute = Compute.create(2)) {
      compute.blas().gemm(Op.NONE, Op.TRANSPOSE, 1, inputs, inputs, 0, a);
      for (int i = 0; i < n; i++) {
        a.set(i, i, a.get(i, i) + 2e-3f);
      }
      Matrix inverse = copy(a);
      Cholesky cholesky = new Cholesky(compute);
      assertEquals(OptionalInt.empty(), cholesky.invertFactor(inverse));
      cholesky.multiplyInverse(inverse);
      for (int j = 0; j < n; j++) {
        double one = 0;
        for (int k = 0; k < n; k++) {
          one += (double) a.get(j, k) * inverse.get(k, j);
        }
        assertEquals(1, one, 0.1, j + "");
      }
    }
  }

  @Test
  void resultsDoNotDependOnThreads() {
    Matrix a = positive(449);
    Matrix expected = null;
    for (int threads : new int[] {1, 2, 4}) {
      Matrix x = copy(a);
      try (Compute compute = Compute.create(threads)) {
        new Cholesky(compute).invertFactor(x);
        new Cholesky(compute).multiplyInverse(x);
        expected = expected == null ? x : expected;
        assertEquals(-1, expected.segment().mismatch(x.segment()), threads + " threads");
      }
    }
  }

  /** First and last rows of squares, of halves and of quarters. */
  @ParameterizedTest
  @ValueSource(ints = {0, 63, 64, 130, 191, 192, 255, 256, 319, 320, 448, 576, 599})
  void whatIsNotPositiveIsToldByItsIndex(int bad) {
    try (Compute compute = Compute.create(2)) {
      for (float value : new float[] {-1, 0, Float.NaN, Float.POSITIVE_INFINITY}) {
        Matrix a = Matrix.allocate(arena, 600, 600);
        for (int i = 0; i < 600; i++) {
          for (int j = 0; j <= i; j++) {
            a.set(i, j, i == j ? 600 : i == bad || j == bad ? 0 : 1);
          }
        }
        a.set(bad, bad, value);
        assertEquals(OptionalInt.of(bad), new Cholesky(compute).invertFactor(a), "value " + value);
      }
    }
  }

  @Test
  void onlySquareMatricesHaveInverses() {
    Matrix oblong = Matrix.allocate(arena, 2, 3);
    try (Compute compute = Compute.create(1)) {
      Cholesky cholesky = new Cholesky(compute);
      assertThrows(IllegalArgumentException.class, () -> cholesky.invertFactor(oblong));
      assertThrows(IllegalArgumentException.class, () -> cholesky.multiplyInverse(oblong));
    }
  }

  @Test
  void flopsAreThoseOfTheThreeSteps() {
    assertEquals(9, Cholesky.factorFlops(3));
    assertEquals(27, Cholesky.inverseFlops(3));
  }
}
