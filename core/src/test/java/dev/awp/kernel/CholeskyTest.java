// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 63, 64, 65, 128, 256, 300, 321, 577})
  void factorAndInverseMeetTheirDefinitions(int n) {
    Matrix a = positive(n);
    Matrix l = copy(a);
    try (Compute compute = Compute.create(2)) {
      Cholesky cholesky = new Cholesky(compute);
      assertEquals(OptionalInt.empty(), cholesky.factor(l));
      Matrix x = copy(l);
      cholesky.invertLower(x);
      Matrix inverse = copy(x);
      cholesky.multiplyInverse(inverse);
      double scale = n == 0 ? 0 : a.get(0, 0);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          double product = 0;
          double one = 0;
          for (int k = 0; k < n; k++) {
            product += (double) l.get(i, k) * l.get(j, k);
            one += (double) a.get(i, k) * inverse.get(k, j);
          }
          assertEquals(a.get(i, j), product, 1e-4 * scale, i + ", " + j);
          assertEquals(i == j ? 1 : 0, one, 1e-3, i + ", " + j);
          assertEquals(inverse.get(i, j), inverse.get(j, i));
          if (j > i) {
            assertEquals(0, l.get(i, j));
            assertEquals(0, x.get(i, j));
          }
        }
      }
    }
  }

  @Test
  void resultsDoNotDependOnThreads() {
    Matrix expected = null;
    for (int threads : new int[] {1, 2, 4}) {
      Matrix l = positive(700);
      try (Compute compute = Compute.create(threads)) {
        new Cholesky(compute).factor(l);
        new Cholesky(compute).invertLower(l);
        new Cholesky(compute).multiplyInverse(l);
        expected = expected == null ? l : expected;
        assertEquals(-1, expected.segment().mismatch(l.segment()), threads + " threads");
      }
    }
  }

  @Test
  void whatIsNotPositiveIsToldByItsIndex() {
    try (Compute compute = Compute.create(2)) {
      Cholesky cholesky = new Cholesky(compute);
      for (int bad : new int[] {0, 63, 64, 130}) {
        for (float value : new float[] {-1, 0, Float.NaN, Float.POSITIVE_INFINITY}) {
          Matrix a = positive(150);
          for (int j = 0; j < 150; j++) {
            a.set(bad, j, 0);
            a.set(j, bad, 0);
          }
          a.set(bad, bad, value);
          assertEquals(OptionalInt.of(bad), cholesky.factor(a), "value " + value);
        }
      }
      Matrix oblong = Matrix.allocate(arena, 2, 3);
      assertThrows(IllegalArgumentException.class, () -> cholesky.factor(oblong));
      assertThrows(IllegalArgumentException.class, () -> cholesky.invertLower(oblong));
      assertThrows(IllegalArgumentException.class, () -> cholesky.multiplyInverse(oblong));
      assertTrue(Cholesky.inverseFlops(10) > Cholesky.factorFlops(10));
    }
  }
}
