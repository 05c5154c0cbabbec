// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.kernel.KernelData.Kind;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.kernel.vector.VectorKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Vector kernels against the scalar kernels that define them: the same bits wherever order allows.
 */
@Tag("kernel")
class VectorKernelsTest {
  private static final Kernels SCALAR = ScalarKernels.create();
  private static final Kernels VECTOR = VectorKernels.create();

  /** A kernel on two input rows and one output row of the same length. */
  @FunctionalInterface
  private interface RowKernel {
    void run(Kernels kernels, MemorySegment x, MemorySegment y, MemorySegment out);
  }

  private static void assertSameBits(RowKernel kernel, Kind... kinds) {
    for (int n : KernelData.sizes().toArray()) {
      for (Kind kind : kinds) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment x = KernelData.row(arena, kind, n, n);
          MemorySegment y = KernelData.row(arena, kind, n, n + 1L);
          MemorySegment expected = arena.allocate(4L * n, 4);
          MemorySegment actual = arena.allocate(4L * n, 4);
          kernel.run(SCALAR, x, y, expected);
          kernel.run(VECTOR, x, y, actual);
          assertRowEquals(expected, actual, kind + " of " + n);
          // An output may be the first input.
          kernel.run(VECTOR, x, y, x);
          assertRowEquals(expected, x, kind + " of " + n + " in place");
        }
      }
    }
  }

  static void assertRowEquals(MemorySegment expected, MemorySegment actual, String what) {
    for (long i = 0; i < expected.byteSize() / 4; i++) {
      float e = expected.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      float a = actual.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      if (!(Float.isNaN(e) && Float.isNaN(a))) {
        assertEquals(
            Float.floatToRawIntBits(e),
            Float.floatToRawIntBits(a),
            () -> what + ": expected " + e + ", was " + a);
      }
    }
  }

  @Test
  void elementwiseArithmeticAgrees() {
    Kind[] all = Kind.values();
    assertSameBits((k, x, y, out) -> k.arithmetic().add(x, y, out), all);
    assertSameBits((k, x, y, out) -> k.arithmetic().subtract(x, y, out), all);
    assertSameBits((k, x, y, out) -> k.arithmetic().multiply(x, y, out), all);
    assertSameBits((k, x, y, out) -> k.arithmetic().scale(x, 0.3f, out), all);
    assertSameBits((k, x, y, out) -> k.arithmetic().multiplyAdd(0.7f, x, y, out), all);
  }

  @Test
  void selectionsAgree() {
    for (double share : new double[] {0, 0.1, 0.5, 0.9, 1}) {
      assertSameBits(
          (k, x, y, out) -> k.selection().keepLargest(x, y, (int) (share * Extents.floats(x)), out),
          Kind.values());
    }
    assertSameBits((k, x, y, out) -> k.selection().applyMask(x, y, out), Kind.values());
  }

  @Test
  void groupSelectionsAgree() {
    int[][] patterns = {{2, 4}, {1, 4}, {4, 8}, {3, 5}, {1, 2}, {7, 16}, {1, 1}, {31, 32}};
    for (int[] p : patterns) {
      assertSameBits(
          (k, x, y, out) -> k.selection().keepLargestOfGroups(x, y, p[0], p[1], out),
          Kind.values());
    }
  }

  @Test
  void everyThresholdOfARowAgrees() {
    for (Kind kind : Kind.values()) {
      for (int n : new int[] {1, 2, 31, 64, 65, 130}) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment x = KernelData.row(arena, kind, n, n);
          for (int k = 1; k <= n; k++) {
            int expected = Float.floatToRawIntBits(SCALAR.selection().kthLargestMagnitude(x, k));
            int actual = Float.floatToRawIntBits(VECTOR.selection().kthLargestMagnitude(x, k));
            assertEquals(expected, actual, kind + ", k = " + k + " of " + n);
          }
        }
      }
    }
  }

  @Test
  void thresholdsOfLongRowsAgree() {
    for (Kind kind : Kind.values()) {
      for (int n : new int[] {4097, 11008, 14336, 20011}) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment x = KernelData.row(arena, kind, n, n);
          for (int k : new int[] {1, 2, n / 10, n / 3, n / 2, n - n / 10, n - 1, n}) {
            int expected = Float.floatToRawIntBits(SCALAR.selection().kthLargestMagnitude(x, k));
            int actual = Float.floatToRawIntBits(VECTOR.selection().kthLargestMagnitude(x, k));
            assertEquals(expected, actual, kind + ", k = " + k + " of " + n);
          }
        }
      }
    }
  }

  @Test
  void gridsAgree() {
    Kind[] kinds = {Kind.GAUSSIAN, Kind.TIES, Kind.CONSTANT, Kind.ANY_SPECIAL, Kind.BITS};
    assertSameBits((k, x, y, out) -> k.grid().quantizeDequantize(x, 0.0371f, 7, 15, out), kinds);
    assertSameBits((k, x, y, out) -> k.grid().quantizeDequantize(x, 1e-3f, 128, 255, out), kinds);
    assertSameBits(
        (k, x, y, out) -> k.grid().quantizeDequantize(x, Float.MIN_NORMAL, 0, 3, out), kinds);
  }

  @Test
  void stepsOnGridsOfTheirOwnAgree() {
    for (Kind kind : Kind.values()) {
      for (int n : KernelData.sizes().toArray()) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment x = KernelData.row(arena, kind, n, n);
          MemorySegment scales = KernelData.row(arena, Kind.GAUSSIAN, n, n + 1L);
          MemorySegment zeroPoints = arena.allocate(ValueLayout.JAVA_FLOAT, n);
          for (int i = 0; i < n; i++) {
            float scale = Math.abs(scales.getAtIndex(ValueLayout.JAVA_FLOAT, i)) + 1e-3f;
            scales.setAtIndex(ValueLayout.JAVA_FLOAT, i, scale);
            zeroPoints.setAtIndex(ValueLayout.JAVA_FLOAT, i, i % 16);
          }
          MemorySegment expected = arena.allocate(ValueLayout.JAVA_FLOAT, n);
          SCALAR.grid().nearestSteps(x, scales, zeroPoints, 15, expected);
          VECTOR.grid().nearestSteps(x, scales, zeroPoints, 15, x);
          assertRowEquals(expected, x, kind + " of " + n);
        }
      }
    }
  }

  @Test
  void nearestLevelsAgree() {
    float[] levels = {-5, -2, 0, 1, 7};
    float[] middles = {-3.5f, -1, 0.5f, 4};
    for (Kind kind : Kind.values()) {
      for (int n : KernelData.sizes().toArray()) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment x = KernelData.row(arena, kind, n, n);
          MemorySegment scales = KernelData.row(arena, Kind.GAUSSIAN, n, n + 1L);
          for (int i = 0; i < n; i++) {
            float scale = scales.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            float some = i % 5 == 0 ? Float.MIN_VALUE : i % 5 == 1 ? 0.25f : scale;
            scales.setAtIndex(ValueLayout.JAVA_FLOAT, i, some == 0 ? 1 : some);
          }
          MemorySegment expected = arena.allocate(ValueLayout.JAVA_FLOAT, n);
          SCALAR.grid().nearestLevels(x, scales, levels, middles, expected);
          for (int i = 0; i < n; i++) {
            float multiple =
                x.getAtIndex(ValueLayout.JAVA_FLOAT, i)
                    / scales.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            assertNearest(levels, multiple, expected.getAtIndex(ValueLayout.JAVA_FLOAT, i));
          }
          VECTOR.grid().nearestLevels(x, scales, levels, middles, x);
          assertRowEquals(expected, x, kind + " of " + n);
        }
      }
    }
  }

  /** No level is nearer, and a smaller one is as near only where none of two is. */
  private static void assertNearest(float[] levels, float multiple, float found) {
    if (Float.isNaN(multiple)) {
      assertTrue(Float.isNaN(found));
      return;
    }
    double bounded = Math.clamp(multiple, -1e30, 1e30);
    double distance = Math.abs(found - bounded);
    for (float level : levels) {
      assertTrue(distance <= Math.abs(level - bounded), found + " for " + multiple);
      assertTrue(found <= level || distance < Math.abs(level - bounded) || bounded > 1e7);
    }
  }

  @Test
  void transposedMatricesAgree() {
    for (int rows : new int[] {0, 1, 4, 15, 16, 33, 103}) {
      for (int columns : new int[] {1, 8, 16, 31, 48, 103}) {
        for (int gap = 0; gap < 6; gap += 5) {
          try (Arena arena = Arena.ofConfined()) {
            int stride = columns + gap;
            int outStride = rows + gap;
            MemorySegment x = KernelData.row(arena, Kind.GAUSSIAN, rows * stride, 11);
            MemorySegment expected = KernelData.row(arena, Kind.GAUSSIAN, columns * outStride, 12);
            MemorySegment actual = KernelData.row(arena, Kind.GAUSSIAN, columns * outStride, 12);
            SCALAR.arithmetic().transpose(x, stride, expected, outStride, rows, columns);
            VECTOR.arithmetic().transpose(x, stride, actual, outStride, rows, columns);
            assertRowEquals(expected, actual, rows + " x " + columns);
          }
        }
      }
    }
  }

  @Test
  void productsAddedInPlaceAgree() {
    for (Kind kind : Kind.values()) {
      for (int n : KernelData.sizes().toArray()) {
        for (int count : new int[] {0, 1, 3}) {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment x = KernelData.row(arena, kind, n, n);
            MemorySegment factors = KernelData.row(arena, kind, count, 7);
            MemorySegment expected = KernelData.row(arena, Kind.GAUSSIAN, n * count, 8);
            MemorySegment actual = KernelData.row(arena, Kind.GAUSSIAN, n * count, 8);
            SCALAR.arithmetic().addOuter(factors, x, expected);
            VECTOR.arithmetic().addOuter(factors, x, actual);
            assertRowEquals(expected, actual, "outer, " + kind + " of " + n);
            MemorySegment sum = KernelData.row(arena, kind, n, 9);
            MemorySegment total = KernelData.row(arena, kind, n, 9);
            MemorySegment y = KernelData.row(arena, kind, n, 10);
            SCALAR.arithmetic().addProduct(x, y, sum);
            VECTOR.arithmetic().addProduct(x, y, total);
            assertRowEquals(sum, total, "product, " + kind + " of " + n);
          }
        }
      }
    }
  }

  @Test
  void groupRangesAgree() {
    for (int n : KernelData.sizes().toArray()) {
      for (int group : new int[] {1, 3, 32, 64, 128, n}) {
        for (Kind kind : Kind.values()) {
          try (Arena arena = Arena.ofConfined()) {
            int groups = Math.ceilDiv(n, group);
            MemorySegment x = KernelData.row(arena, kind, n, n);
            MemorySegment[] out = new MemorySegment[4];
            for (int i = 0; i < out.length; i++) {
              out[i] = arena.allocate(4L * groups, 4);
            }
            SCALAR.grid().groupRange(x, group, out[0], out[1]);
            VECTOR.grid().groupRange(x, group, out[2], out[3]);
            assertRowEquals(out[0], out[2], "low, " + kind + " of " + n);
            assertRowEquals(out[1], out[3], "high, " + kind + " of " + n);
          }
        }
      }
    }
  }

  @Test
  void activationsAgree() {
    assertSameBits((k, x, y, out) -> k.network().swiGlu(x, y, out), Kind.values());
    assertSameBits((k, x, y, out) -> k.network().glu(x, y, out), Kind.values());
    assertSameBits((k, x, y, out) -> k.network().geGlu(x, y, out), Kind.values());
    assertSameBits((k, x, y, out) -> k.network().squaredReGlu(x, y, out), Kind.values());
    assertSameBits(
        (k, x, y, out) -> k.network().clampedSwiGlu(x, y, 1.702f, 0.7f, out), Kind.values());
    for (float factor : new float[] {0.2f, 1, 40}) {
      assertSameBits(
          (k, x, y, out) -> {
            out.copyFrom(x);
            k.network().softCap(out, factor, 3);
          },
          Kind.values());
    }
    assertSameBits(
        (k, x, y, out) -> {
          out.copyFrom(x);
          long half = x.byteSize() / 8 * 4;
          k.network().rotate(out.asSlice(0, 2 * half), y.asSlice(0, half), y.asSlice(half, half));
        },
        Kind.values());
  }

  /** Every column of a state is summed by itself, in the same order. */
  @Test
  void statesAreTheSameBits() {
    for (int n : new int[] {1, 3, 8, 16, 17, 31, 64, 67}) {
      for (Kind kind : Kind.values()) {
        int keys = n % 7 + 1;
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment state = KernelData.row(arena, kind, keys * n, n);
          MemorySegment values = KernelData.row(arena, kind, n, n + 1L);
          MemorySegment key = KernelData.row(arena, Kind.GAUSSIAN, keys, n + 2L);
          MemorySegment query = KernelData.row(arena, kind, keys, n + 3L);
          float[][] states = new float[2][];
          float[][] read = new float[2][];
          float[][] before = new float[2][];
          for (int i = 0; i < 2; i++) {
            MemorySegment own = arena.allocate(state.byteSize(), 64).copyFrom(state);
            MemorySegment out = arena.allocate(values.byteSize(), 64);
            (i == 0 ? SCALAR : VECTOR).network().readState(own, key, out);
            before[i] = out.toArray(JAVA_FLOAT);
            (i == 0 ? SCALAR : VECTOR).network().advanceState(own, 0.7f, key, values, query, out);
            states[i] = own.toArray(JAVA_FLOAT);
            read[i] = out.toArray(JAVA_FLOAT);
          }
          assertArrayEquals(before[0], before[1], kind + " " + n);
          assertArrayEquals(states[0], states[1], kind + " " + n);
          assertArrayEquals(read[0], read[1], kind + " " + n);
          assertRefused(
              () -> SCALAR.network().advanceState(state, 1, key, values, values.asSlice(4), key));
        }
      }
    }
  }

  @Test
  void sumsAgreeClosely() {
    for (int n : KernelData.sizes().toArray()) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment x = KernelData.row(arena, Kind.GAUSSIAN, n, n);
        MemorySegment y = KernelData.row(arena, Kind.GAUSSIAN, n, n + 1L);
        // float64 sums differ by the order of the additions alone.
        assertEquals(
            SCALAR.arithmetic().dot(x, y), VECTOR.arithmetic().dot(x, y), 1e-13 * n, "dot " + n);
        assertEquals(
            SCALAR.network().logSumExp(x), VECTOR.network().logSumExp(x), 1e-12, "lse " + n);
        assertCloseRows(n, x, (k, row) -> k.network().softmax(row, 0.3f));
        assertCloseRows(n, x, (k, row) -> k.network().rmsNorm(row, y, 1e-5f, row));
        assertCloseRows(n, x, (k, row) -> k.network().layerNorm(row, y, 1e-5f, row));
        assertEquals(
            SCALAR.selection().countNonZero(x), VECTOR.selection().countNonZero(x), "count " + n);
      }
    }
  }

  private static void assertCloseRows(
      int n, MemorySegment x, BiConsumer<Kernels, MemorySegment> kernel) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment expected = arena.allocate(4L * n, 4).copyFrom(x);
      MemorySegment actual = arena.allocate(4L * n, 4).copyFrom(x);
      kernel.accept(SCALAR, expected);
      kernel.accept(VECTOR, actual);
      for (int i = 0; i < n; i++) {
        float e = expected.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        float a = actual.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        assertEquals(e, a, Math.ulp(e), "element " + i + " of " + n);
      }
    }
  }

  @Test
  void tanhSigmoidAndGeluAreAccurate() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = arena.allocate(4, 4);
      MemorySegment one = arena.allocate(4, 4);
      one.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 1);
      for (int i = -4000; i <= 4000; i++) {
        float value = (float) (i * Math.abs(i) / 1e6);
        x.setAtIndex(ValueLayout.JAVA_FLOAT, 0, value);
        SCALAR.network().softCap(x, 1, 1);
        float tanh = (float) Math.tanh(value);
        float capped = x.getAtIndex(ValueLayout.JAVA_FLOAT, 0);
        assertEquals(tanh, capped, 3 * Math.ulp(tanh), "tanh of " + value);
        x.setAtIndex(ValueLayout.JAVA_FLOAT, 0, value);
        SCALAR.network().glu(x, one, x);
        double sigmoid = 1 / (1 + Math.exp(-value));
        assertEquals(sigmoid, x.getAtIndex(ValueLayout.JAVA_FLOAT, 0), 2e-7, "of " + value);
        x.setAtIndex(ValueLayout.JAVA_FLOAT, 0, value);
        SCALAR.network().geGlu(x, one, x);
        double inner = Math.sqrt(2 / Math.PI) * (value + 0.044715 * Math.pow(value, 3));
        double gelu = 0.5 * value * (1 + Math.tanh(inner));
        float activated = x.getAtIndex(ValueLayout.JAVA_FLOAT, 0);
        assertEquals(gelu, activated, 1e-6 * Math.max(1, Math.abs(value)), "gelu of " + value);
      }
    }
  }

  @Test
  void softmaxOfMaskedEntriesIsZero() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = KernelData.row(arena, Kind.GAUSSIAN, 37, 5);
      x.setAtIndex(ValueLayout.JAVA_FLOAT, 3, Float.NEGATIVE_INFINITY);
      VECTOR.network().softmax(x, 1);
      assertEquals(0f, x.getAtIndex(ValueLayout.JAVA_FLOAT, 3));
      double sum = 0;
      for (int i = 0; i < 37; i++) {
        sum += x.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      }
      assertEquals(1, sum, 1e-6);
    }
  }

  @Test
  void accumulationAgrees() {
    for (int n : KernelData.sizes().toArray()) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment x = KernelData.row(arena, Kind.FINITE_SPECIAL, n, n);
        MemorySegment expected = arena.allocate(8L * n, 8);
        MemorySegment actual = arena.allocate(8L * n, 8);
        for (int pass = 0; pass < 2; pass++) {
          SCALAR.arithmetic().accumulate(x, expected);
          VECTOR.arithmetic().accumulate(x, actual);
        }
        assertEquals(-1, expected.mismatch(actual), "accumulate " + n);
      }
    }
  }

  @Test
  void nonFiniteEntriesAreFoundAtEveryPosition() {
    for (int n : new int[] {1, 15, 16, 17, 33, 70}) {
      for (int at = 0; at < n; at++) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment x = KernelData.row(arena, Kind.GAUSSIAN, n, n);
          assertEquals(-1, VECTOR.arithmetic().firstNonFinite(x));
          float bad = at % 2 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY;
          x.setAtIndex(ValueLayout.JAVA_FLOAT, at, bad);
          assertEquals(at, VECTOR.arithmetic().firstNonFinite(x));
          assertEquals(at, SCALAR.arithmetic().firstNonFinite(x));
        }
      }
    }
  }

  @Test
  void panelProductsAgree() {
    int rows = VECTOR.arithmetic().panelRows();
    int columns = VECTOR.arithmetic().panelColumns();
    for (int depth : new int[] {0, 1, 2, 7, 103, 256}) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment a = KernelData.row(arena, Kind.GAUSSIAN, Math.max(1, depth * rows), 1);
        MemorySegment b = KernelData.row(arena, Kind.GAUSSIAN, Math.max(1, depth * columns), 2);
        int stride = columns + 3;
        MemorySegment c = KernelData.row(arena, Kind.GAUSSIAN, rows * stride, 3);
        MemorySegment before = arena.allocate(c.byteSize(), 4).copyFrom(c);
        VECTOR.arithmetic().multiplyPanels(depth, a, b, c, stride);
        for (int r = 0; r < rows; r++) {
          for (int j = 0; j < stride; j++) {
            long at = (long) r * stride + j;
            float sum = 0;
            for (int p = 0; p < depth && j < columns; p++) {
              sum =
                  Math.fma(
                      a.getAtIndex(ValueLayout.JAVA_FLOAT, (long) p * rows + r),
                      b.getAtIndex(ValueLayout.JAVA_FLOAT, (long) p * columns + j),
                      sum);
            }
            float old = before.getAtIndex(ValueLayout.JAVA_FLOAT, at);
            assertEquals(old + sum, c.getAtIndex(ValueLayout.JAVA_FLOAT, at));
          }
        }
      }
    }
  }

  @Test
  void ofEqualSumsTheFirstIsTakenAndOfNoneTheFirstEntry() {
    float nan = Float.NaN;
    float infinity = Float.POSITIVE_INFINITY;
    for (Kernels kernels : new Kernels[] {SCALAR, VECTOR}) {
      for (int lanes : new int[] {1, 5, 16, 33}) {
        assertFound(kernels, lanes, 1, new float[] {2, -0f, 0, 1, -0f});
        assertFound(kernels, lanes, 2, new float[] {nan, 3, 1, nan, 1, 1, 2});
        assertFound(kernels, lanes, 0, new float[] {nan, infinity, nan, infinity, nan});
        assertFound(kernels, lanes, 4, new float[] {infinity, nan, 1, 0, -infinity, -infinity});
      }
    }
  }

  private static void assertFound(Kernels kernels, int lanes, int entry, float[] offsets) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment none = arena.allocate(0);
      MemorySegment of = arena.allocateFrom(ValueLayout.JAVA_FLOAT, offsets);
      MemorySegment least = arena.allocate(ValueLayout.JAVA_FLOAT, lanes);
      MemorySegment found = arena.allocate(ValueLayout.JAVA_FLOAT, lanes);
      kernels.grid().leastSums(of, none, none, least, found);
      float value = Float.isNaN(offsets[entry]) ? Float.POSITIVE_INFINITY : offsets[entry];
      for (int lane = 0; lane < lanes; lane++) {
        assertEquals(entry, found.getAtIndex(ValueLayout.JAVA_FLOAT, lane));
        assertEquals(value, least.getAtIndex(ValueLayout.JAVA_FLOAT, lane));
      }
    }
  }

  @Test
  void wrongLengthsAreRefusedBeforeAnythingIsWritten() {
    for (Kernels kernels : new Kernels[] {SCALAR, VECTOR}) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment x = KernelData.row(arena, Kind.GAUSSIAN, 40, 1);
        MemorySegment shorter = KernelData.row(arena, Kind.GAUSSIAN, 39, 2);
        byte[] before = shorter.toArray(ValueLayout.JAVA_BYTE);
        assertRefused(() -> kernels.arithmetic().add(x, x, shorter));
        assertRefused(() -> kernels.arithmetic().dot(x, shorter));
        assertRefused(() -> kernels.selection().keepLargest(x, x, 3, shorter));
        assertRefused(() -> kernels.selection().keepLargestOfGroups(x, x, 2, 4, shorter));
        assertRefused(() -> kernels.selection().keepLargestOfGroups(x, x, 5, 4, x));
        assertRefused(() -> kernels.grid().quantizeDequantize(x, 1, 0, 15, shorter));
        assertRefused(() -> kernels.grid().nearestSteps(x, x, shorter, 15, x));
        float[] two = {-1, 1};
        assertRefused(() -> kernels.grid().nearestLevels(x, x, two, new float[1], shorter));
        assertRefused(() -> kernels.grid().nearestLevels(x, x, two, two, x));
        assertRefused(() -> kernels.arithmetic().addProduct(x, x, shorter));
        assertRefused(() -> kernels.arithmetic().addOuter(x, x, shorter));
        assertRefused(() -> kernels.arithmetic().transpose(x, 8, shorter, 5, 5, 8));
        assertRefused(() -> kernels.arithmetic().transpose(shorter, 8, x, 5, 5, 8));
        assertRefused(() -> kernels.arithmetic().transpose(x, 7, x, 5, 5, 8));
        assertRefused(() -> kernels.grid().groupRange(x, 8, shorter, shorter));
        assertRefused(() -> kernels.grid().leastSums(x, x, x, x, shorter));
        assertRefused(() -> kernels.grid().leastSums(x, x, shorter, x, x));
        assertRefused(() -> kernels.grid().leastSums(shorter, x, x, x, x));
        assertRefused(() -> kernels.grid().aroundSteps(x, x, x, 15, x, shorter));
        assertRefused(() -> kernels.grid().aroundLevels(x, x, two, new float[1], x, shorter));
        assertRefused(() -> kernels.beam().propose(x, shorter, x, 1, 0, x, x));
        assertRefused(() -> kernels.beam().propose(x, x, x, 1, 32, x, x));
        assertRefused(() -> kernels.beam().sort(shorter, 2));
        assertRefused(() -> kernels.beam().sort(shorter, 33));
        assertRefused(() -> kernels.beam().split(x, x, x, shorter));
        assertRefused(() -> kernels.beam().pick(x, x, shorter));
        assertRefused(() -> kernels.beam().pick(shorter, x, shorter));
        assertRefused(() -> kernels.beam().extend(x, x, x, x, 1, shorter));
        assertRefused(() -> kernels.beam().extend(x, x, x, x.asSlice(0, 4), 3, x));
        assertRefused(() -> kernels.network().swiGlu(x, shorter, x));
        assertRefused(() -> kernels.network().glu(x, shorter, x));
        assertRefused(() -> kernels.network().geGlu(x, x, shorter));
        assertRefused(() -> kernels.network().squaredReGlu(x, shorter, x));
        assertRefused(() -> kernels.network().rmsNorm(x, shorter, 0, x));
        assertRefused(() -> kernels.network().rotate(shorter, x, x));
        assertRefused(() -> kernels.conversion().decodeBf16(x, shorter));
        assertRefused(() -> kernels.conversion().encodeF16(x, shorter));
        assertRefused(() -> kernels.arithmetic().add(x, x, x.asSlice(1, 7)));
        assertThrows(
            IndexOutOfBoundsException.class, () -> kernels.selection().keepLargest(x, x, 41, x));
        assertEquals(-1, MemorySegment.ofArray(before).mismatch(shorter));
      }
    }
  }

  private static void assertRefused(Runnable call) {
    IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(refusal.getMessage().length() > 10, refusal.getMessage());
  }
}
