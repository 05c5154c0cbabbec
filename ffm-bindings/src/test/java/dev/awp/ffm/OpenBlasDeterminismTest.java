// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.ParallelBlas;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Reports and written models must be the same on every run: a result may depend on the operands
 * alone. (It does depend on how rows are grouped into calls: OpenBLAS has other kernels for small
 * products and for the last rows. So whoever splits rows must split them the same way always.)
 */
class OpenBlasDeterminismTest {
  private final OpenBlas blas = Fixtures.openBlas();

  @ParameterizedTest
  @CsvSource({"103, 103, 103", "352, 128, 352", "600, 97, 1031", "5, 352, 128", "1, 103, 352"})
  void whereTheMemoryLiesDoesNotMatter(int m, int n, int k) {
    try (Arena arena = Arena.ofConfined()) {
      for (Op opA : Op.values()) {
        for (Op opB : Op.values()) {
          float[][] expected = product(arena, opA, opB, m, n, k, 0, 0);
          for (int shift = 1; shift <= 16; shift += 5) {
            assertSame(expected, product(arena, opA, opB, m, n, k, 0, shift));
            assertSame(expected, product(arena, opA, opB, m, n, k, shift, 0));
          }
        }
      }
    }
  }

  private float[][] product(Arena arena, Op opA, Op opB, int m, int n, int k, int gap, int shift) {
    Matrix a = opA == Op.NONE ? shifted(arena, m, k, gap, shift) : shifted(arena, k, m, gap, shift);
    Matrix b = opB == Op.NONE ? shifted(arena, k, n, gap, shift) : shifted(arena, n, k, gap, shift);
    Matrix c = shifted(arena, m, n, gap, shift);
    blas.gemm(opA, opB, 1f, a, b, 0f, c);
    return c.toArray();
  }

  /** The same values at every stride and at every distance from an aligned address. */
  private static Matrix shifted(Arena arena, int rows, int columns, int gap, int shift) {
    Matrix values = Fixtures.random(arena, rows, columns, 0, rows * 31L + columns);
    int stride = columns + gap;
    Matrix row = Matrix.allocate(arena, 1, rows * stride + shift);
    Matrix moved =
        Matrix.wrap(row.segment().asSlice((long) shift * Float.BYTES), rows, stride)
            .columnRange(0, columns);
    moved.copyFrom(values);
    return moved;
  }

  @ParameterizedTest
  @ValueSource(ints = {511, 513, 1031, 2100})
  void theNumberOfThreadsDoesNotMatter(int n) {
    try (Arena arena = Arena.ofShared();
        Workers one = new Workers(1);
        Workers two = new Workers(2);
        Workers four = new Workers(4)) {
      Matrix a = Fixtures.random(arena, n, n, 0, 1);
      Matrix b = Fixtures.random(arena, n, 103, 0, 2);
      Matrix expected = Matrix.allocate(arena, n, 103);
      Matrix expectedSquare = Matrix.allocate(arena, n, n);
      new ParallelBlas(blas, one).gemm(Op.TRANSPOSE, Op.NONE, 1f, a, b, 0f, expected);
      new ParallelBlas(blas, one).syrk(1f, a, 0f, expectedSquare);
      for (Workers workers : new Workers[] {two, four}) {
        ParallelBlas parallel = new ParallelBlas(blas, workers);
        for (int run = 0; run < 3; run++) {
          Matrix c = Matrix.allocate(arena, n, 103);
          parallel.gemm(Op.TRANSPOSE, Op.NONE, 1f, a, b, 0f, c);
          assertSame(expected.toArray(), c.toArray());
          Matrix square = Matrix.allocate(arena, n, n);
          parallel.syrk(1f, a, 0f, square);
          assertEquals(-1, expectedSquare.segment().mismatch(square.segment()));
        }
      }
    }
  }

  /** Large matrices are split otherwise by every number of threads: at multiples of 48 rows. */
  @ParameterizedTest
  @CsvSource({"2048, 256, 300", "2500, 103, 352", "4096, 128, 512", "5000, 130, 64"})
  void partsOfLargeMatricesAreTheBytesOfTheWhole(int m, int n, int k) {
    try (Arena arena = Arena.ofShared()) {
      Matrix a = Fixtures.random(arena, m, k, 0, 1);
      for (Op op : Op.values()) {
        Matrix b =
            op == Op.NONE ? Fixtures.random(arena, k, n, 0, 2) : Fixtures.random(arena, n, k, 0, 2);
        Matrix expected = Matrix.allocate(arena, m, n);
        blas.gemm(Op.NONE, op, 1f, a, b, 0f, expected);
        for (int threads : new int[] {1, 2, 3, 4, 8}) {
          try (Workers workers = new Workers(threads)) {
            Matrix c = Matrix.allocate(arena, m, n);
            new ParallelBlas(blas, workers).gemm(Op.NONE, op, 1f, a, b, 0f, c);
            assertEquals(-1, expected.segment().mismatch(c.segment()), threads + " threads");
          }
        }
      }
    }
  }

  private static void assertSame(float[][] expected, float[][] actual) {
    for (int r = 0; r < expected.length; r++) {
      for (int c = 0; c < expected[r].length; c++) {
        if (Float.floatToRawIntBits(expected[r][c]) != Float.floatToRawIntBits(actual[r][c])) {
          throw new AssertionError(
              "(%d, %d) is %s here and %s there".formatted(r, c, expected[r][c], actual[r][c]));
        }
      }
    }
  }
}
