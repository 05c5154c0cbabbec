// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.mixed.MixedBlas;
import dev.awp.compute.Compute;
import dev.awp.compute.KernelProvider;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.RoundedProducts;
import dev.awp.kernel.Kernels;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StrassenOperandTest {
  private final Arena arena = Arena.ofShared();
  private final Workers workers = new Workers(2);
  private final Kernels kernels = KernelProvider.kernels();
  private final Blas blas = KernelProvider.blas();

  @AfterEach
  void free() {
    workers.close();
    arena.close();
  }

  private StrassenOperand operand(Matrix b, int tileRows) {
    return new StrassenOperand(blas, kernels, workers, b, tileRows, arena);
  }

  /** A view in the middle of a larger matrix. */
  private Matrix view(int rows, int columns, long seed) {
    Matrix whole = RandomMatrices.of(Kind.GAUSSIAN, rows + 2, columns + 5, seed, arena);
    return whole.rowRange(1, rows + 1).columnRange(3, columns + 3);
  }

  private static double exact(Matrix a, Matrix b, int i, int j) {
    double sum = 0;
    for (int p = 0; p < b.rows(); p++) {
      sum += (double) a.get(i, p) * b.get(p, j);
    }
    return sum;
  }

  /** Odd numbers of rows, of tiles and of pairs in the last tile; neighbours stay as they are. */
  @Test
  void productsAgreeWithTheDefinition() {
    int[][] shapes = {{0, 4, 6}, {1, 2, 2}, {2, 2, 4}, {7, 6, 10}, {30, 22, 14}, {103, 62, 34}};
    for (int[] shape : shapes) {
      Matrix a = view(shape[0], shape[1], 1);
      Matrix b = view(shape[1], shape[2], 2);
      for (int tileRows : new int[] {2, 8, 200}) {
        Matrix whole = RandomMatrices.of(Kind.GAUSSIAN, shape[0] + 1, shape[2] + 4, 3, arena);
        Matrix c = whole.rowRange(0, shape[0]).columnRange(2, shape[2] + 2);
        for (int i = 0; i < c.rows(); i++) {
          c.row(i).fill((byte) -1); // NaN
        }
        float[][] before = whole.toArray();
        StrassenOperand operand = operand(b, tileRows);
        for (int times = 1; times <= 2; times++) {
          if (times == 1) {
            operand.multiply(a, c);
          } else {
            operand.multiplyAdd(a, c);
          }
          for (int i = 0; i < whole.rows(); i++) {
            for (int j = 0; j < whole.columns(); j++) {
              if (i < c.rows() && j >= 2 && j < shape[2] + 2) {
                double expected = times * exact(a, b, i, j - 2);
                assertEquals(expected, whole.get(i, j), 1e-5 * shape[1], i + ", " + j);
              } else {
                assertEquals(before[i][j], whole.get(i, j));
              }
            }
          }
        }
      }
    }
  }

  @Test
  void theErrorIsAFewTimesThatOfTheOrdinaryProduct() {
    int rows = 64;
    int k = 1024;
    int n = 256;
    Matrix a = RandomMatrices.of(Kind.GAUSSIAN, rows, k, 1, arena);
    Matrix b = RandomMatrices.of(Kind.GAUSSIAN, k, n, 2, arena);
    Matrix ordinary = Matrix.allocate(arena, rows, n);
    Matrix fast = Matrix.allocate(arena, rows, n);
    blas.gemm(Op.NONE, Op.NONE, 1, a, b, 0, ordinary);
    operand(b, rows).multiply(a, fast);
    double squared = 0;
    double squaredFast = 0;
    double norm = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < n; j++) {
        double exact = exact(a, b, i, j);
        squared += Math.pow(ordinary.get(i, j) - exact, 2);
        squaredFast += Math.pow(fast.get(i, j) - exact, 2);
        norm += exact * exact;
      }
    }
    double error = Math.sqrt(squared / norm);
    double errorFast = Math.sqrt(squaredFast / norm);
    assertTrue(errorFast > 0 && errorFast < 4 * error, errorFast + " against " + error);
  }

  /**
   * Parts of 1, 2, 3, 4 and 8 threads: other tiles, the same bytes. The last part of 8 threads is
   * just above OpenBLAS's small products, which have kernels of their own.
   */
  @Test
  void theNumberOfThreadsChangesNoBit() {
    int rows = 2101;
    Matrix a = RandomMatrices.of(Kind.GAUSSIAN, rows, 320, 1, arena);
    Matrix b = RandomMatrices.of(Kind.GAUSSIAN, 320, 330, 2, arena);
    Matrix expected = Matrix.allocate(arena, rows, 330);
    operand(b, 4000).multiply(a, expected);
    for (int threads : new int[] {1, 2, 3, 4, 8}) {
      try (Workers others = new Workers(threads)) {
        int part = others.partRows(rows);
        StrassenOperand operand = new StrassenOperand(blas, kernels, others, b, part, arena);
        Matrix c = Matrix.allocate(arena, rows, 330);
        others.forEachBlock(
            rows, part, (from, to) -> operand.multiply(a.rowRange(from, to), c.rowRange(from, to)));
        assertEquals(-1, expected.segment().mismatch(c.segment()), threads + " threads");
      }
    }
  }

  /** They are never lost; those of A stay in their pair of rows. */
  @Test
  void whatIsNotFiniteReachesItsRowsAndColumns() {
    for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      Matrix a = RandomMatrices.of(Kind.GAUSSIAN, 12, 8, 1, arena);
      Matrix b = RandomMatrices.of(Kind.GAUSSIAN, 8, 10, 2, arena);
      Matrix finite = Matrix.allocate(arena, 12, 10);
      Matrix c = Matrix.allocate(arena, 12, 10);
      operand(b, 12).multiply(a, finite);
      float value = a.get(5, 3);
      a.set(5, 3, odd);
      operand(b, 12).multiply(a, c);
      for (int i = 0; i < 12; i++) {
        for (int j = 0; j < 10; j++) {
          if (i == 5) {
            assertFalse(Float.isFinite(c.get(i, j)), i + ", " + j);
          } else if (i != 4) {
            assertEquals(finite.get(i, j), c.get(i, j));
          }
        }
      }
      a.set(5, 3, value);
      b.set(7, 2, odd);
      operand(b, 12).multiply(a, c);
      for (int i = 0; i < 12; i++) {
        assertFalse(Float.isFinite(c.get(i, 2)), "row " + i);
      }
    }
  }

  @Test
  void memoryIsWhatItSays() {
    Matrix a = RandomMatrices.of(Kind.GAUSSIAN, 100, 40, 1, arena);
    Matrix b = RandomMatrices.of(Kind.GAUSSIAN, 40, 60, 2, arena);
    Matrix c = Matrix.allocate(arena, 100, 60);
    AtomicLong bytes = new AtomicLong();
    Arena counting =
        new Arena() {
          @Override
          public MemorySegment allocate(long size, long alignment) {
            bytes.addAndGet(size);
            return arena.allocate(size, alignment);
          }

          @Override
          public MemorySegment.Scope scope() {
            return arena.scope();
          }

          @Override
          public void close() {
            throw new UnsupportedOperationException();
          }
        };
    StrassenOperand operand = new StrassenOperand(blas, kernels, workers, b, 32, counting);
    for (int i = 0; i < 3; i++) {
      operand.multiply(a, c);
      operand.multiply(a.rowRange(0, 8), c.rowRange(0, 8));
    }
    assertEquals(StrassenOperand.bytes(40, 60, 32, 1), bytes.get());
  }

  @Test
  void shapesAndPrecisionDecide() {
    assertTrue(StrassenOperand.pays(2048, 3072, 4096));
    assertFalse(StrassenOperand.pays(2047, 4096, 4096));
    assertFalse(StrassenOperand.pays(4096, 3071, 4096));
    assertFalse(StrassenOperand.pays(4096, 4096, 3070));
    assertFalse(StrassenOperand.pays(4096, 4097, 4096));
    assertEquals(0, Compute.preparedBytes(2047, 4096, 4096, workers));
    long sums = 3072L * 3072 * Float.BYTES;
    assertEquals(
        sums + 2 * (1056L / 2) * (3072 / 2) * Float.BYTES,
        Compute.preparedBytes(2100, 3072, 3072, workers));
    Matrix b = Matrix.allocate(arena, 3072, 3072);
    Compute f32 = new Compute(kernels, blas, workers);
    assertInstanceOf(StrassenOperand.class, f32.prepare(b, 2048, arena));
    assertInstanceOf(PlainOperand.class, f32.prepare(b, 128, arena));
    Compute mixed = f32.with(new MixedBlas(blas, new RoundedProducts(blas, 8, 16), Precision.BF16));
    assertFalse(mixed.prepare(b, 2048, arena) instanceof StrassenOperand);
  }

  @Test
  void unfitShapesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> operand(Matrix.allocate(arena, 4, 5), 2));
    assertThrows(IllegalArgumentException.class, () -> operand(Matrix.allocate(arena, 5, 4), 2));
    Matrix b = Matrix.allocate(arena, 4, 6);
    assertThrows(IllegalArgumentException.class, () -> operand(b, 3));
    assertThrows(IllegalArgumentException.class, () -> operand(b, 0));
    StrassenOperand operand = operand(b, 2);
    Matrix c = Matrix.allocate(arena, 3, 6);
    assertThrows(
        IllegalArgumentException.class, () -> operand.multiply(Matrix.allocate(arena, 3, 6), c));
    assertThrows(IllegalArgumentException.class, () -> operand.multiply(b.columnRange(0, 4), b));
  }
}
