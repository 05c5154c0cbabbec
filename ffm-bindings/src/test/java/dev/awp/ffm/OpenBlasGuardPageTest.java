// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.Blas.Op;
import dev.awp.ffm.OpenBlas.Side;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Every operand ends where memory does: behind its last float lies a page that may not be touched.
 * A kernel that reads or writes past the end, as padded SIMD loops do, ends the JVM.
 */
@EnabledOnOs(OS.LINUX)
class OpenBlasGuardPageTest {
  private static final int[] SIZES = {1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 48, 65, 103};

  private final OpenBlas blas = Fixtures.openBlas();

  @Test
  void nothingBehindTheOperandsIsTouched() {
    for (int m : SIZES) {
      for (int n : SIZES) {
        try (Arena arena = Arena.ofConfined()) {
          products(arena, m, n, 16 + n % 13);
          products(arena, m, n, 1);
        }
      }
    }
  }

  private void products(Arena arena, int m, int n, int k) {
    for (Op opA : Op.values()) {
      for (Op opB : Op.values()) {
        Matrix a = opA == Op.NONE ? guarded(arena, m, k) : guarded(arena, k, m);
        Matrix b = opB == Op.NONE ? guarded(arena, k, n) : guarded(arena, n, k);
        blas.gemm(opA, opB, 1f, a, b, 1f, guarded(arena, m, n));
      }
    }
    blas.syrk(1f, guarded(arena, k, n), 1f, guarded(arena, n, n));
    Matrix b = guarded(arena, m, n);
    blas.symm(Side.LEFT, 1f, guarded(arena, m, m), b, 1f, guarded(arena, m, n));
    blas.symm(Side.RIGHT, 1f, guarded(arena, n, n), b, 1f, guarded(arena, m, n));
  }

  @Test
  void nothingBehindTheFactorsIsTouched() {
    for (int n : SIZES) {
      try (Arena arena = Arena.ofConfined()) {
        Matrix a = guarded(arena, n, n);
        blas.symmetricEigen(a, guarded(arena, 1, n));
        Matrix definite = guarded(arena, n, n);
        definite.copyFrom(Fixtures.positiveDefinite(arena, n, 0, 3));
        blas.cholesky(definite);
        blas.invertCholesky(definite);
      }
    }
  }

  static Matrix guarded(Arena arena, int rows, int columns) {
    long bytes = (long) rows * columns * Float.BYTES;
    MemorySegment end = GuardedMemory.allocate(arena, bytes);
    SplittableRandom random = new SplittableRandom(bytes);
    for (long i = 0; i < (long) rows * columns; i++) {
      end.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
    }
    return Matrix.wrap(end, rows, columns);
  }
}
