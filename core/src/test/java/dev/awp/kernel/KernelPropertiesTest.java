// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.kernel.KernelData.Kind;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.kernel.vector.VectorKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;

/** Vector against scalar kernels on rows and parameters drawn at random. */
@Tag("kernel")
class KernelPropertiesTest {
  private static final Kernels SCALAR = ScalarKernels.create();
  private static final Kernels VECTOR = VectorKernels.create();

  @Property(tries = 300)
  void anySelectionOfAnyRowAgrees(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 6000) int n,
      @ForAll @DoubleRange(min = 0, max = 1) double share,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scores = KernelData.row(arena, kind, n, seed);
      MemorySegment values = KernelData.row(arena, Kind.GAUSSIAN, n, seed + 1);
      MemorySegment expected = arena.allocate(4L * n, 4);
      MemorySegment actual = arena.allocate(4L * n, 4);
      int k = (int) Math.round(share * n);
      SCALAR.selection().keepLargest(scores, values, k, expected);
      VECTOR.selection().keepLargest(scores, values, k, actual);
      assertEquals(-1, expected.mismatch(actual), kind + ", " + k + " of " + n);
      assertEquals(k, VECTOR.selection().countNonZero(actual), kind + ", " + k + " of " + n);
    }
  }

  @Property(tries = 300)
  void noGuessChangesASelection(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 12000) int n,
      @ForAll @DoubleRange(min = 0, max = 1) double share,
      @ForAll float anything,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scores = KernelData.row(arena, kind, n, seed);
      MemorySegment values = KernelData.row(arena, Kind.GAUSSIAN, n, seed + 1);
      MemorySegment expected = arena.allocate(4L * n, 4);
      MemorySegment actual = arena.allocate(4L * n, 4);
      int k = (int) Math.round(share * n);
      float kth = SCALAR.selection().keepLargest(scores, values, k, Float.NaN, expected);
      int bits = Float.floatToRawIntBits(kth);
      float[] guesses = {
        kth,
        kth * 1.003f,
        kth * 0.99f,
        kth * 1.05f,
        kth * 0.5f,
        0,
        -1,
        anything,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.MIN_VALUE,
        Float.MAX_VALUE
      };
      for (float guess : guesses) {
        actual.fill((byte) 1);
        float found = VECTOR.selection().keepLargest(scores, values, k, guess, actual);
        String what = kind + ", " + k + " of " + n + ", guess " + guess + " of " + kth;
        assertEquals(-1, expected.mismatch(actual), what);
        assertEquals(bits, Float.floatToRawIntBits(found), what);
      }
    }
  }

  /** Groups of one sign and groups with NaNs of either sign among them. */
  @Property(tries = 300)
  void anyRangeOfAnyRowAgrees(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 600) int n,
      @ForAll @IntRange(min = 1, max = 150) int group,
      @ForAll @IntRange(min = -1, max = 1) int sign,
      @ForAll @IntRange(min = 0, max = 2) int nans,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = KernelData.row(arena, kind, n, seed);
      for (int i = 0; i < n && sign != 0; i++) {
        float value = Math.abs(x.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        x.setAtIndex(ValueLayout.JAVA_FLOAT, i, sign * value);
      }
      for (int i = 0; i < nans; i++) {
        int nan = i == 0 ? 0x7f800001 : -1;
        x.setAtIndex(ValueLayout.JAVA_INT, Math.floorMod(seed + 7L * i, n), nan);
      }
      int groups = Math.ceilDiv(n, group);
      MemorySegment[] out = new MemorySegment[4];
      for (int i = 0; i < out.length; i++) {
        out[i] = arena.allocate(ValueLayout.JAVA_FLOAT, groups);
      }
      SCALAR.grid().groupRange(x, group, out[0], out[1]);
      VECTOR.grid().groupRange(x, group, out[2], out[3]);
      String what = kind + " of " + n + " in groups of " + group;
      assertEquals(-1, out[0].mismatch(out[2]), "low, " + what);
      assertEquals(-1, out[1].mismatch(out[3]), "high, " + what);
    }
  }

  @Property(tries = 300)
  void anyGroupOnAnyGridAgrees(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 300) int n,
      @ForAll @IntRange(min = -126, max = 40) int exponent,
      @ForAll @IntRange(min = 1, max = 255) int maxCode,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = KernelData.row(arena, kind, n, seed);
      MemorySegment expected = arena.allocate(4L * n, 4);
      MemorySegment actual = arena.allocate(4L * n, 4);
      float scale = Math.scalb(1.1f, exponent);
      float zeroPoint = Math.floorMod(seed, maxCode + 1);
      SCALAR.grid().quantizeDequantize(x, scale, zeroPoint, maxCode, expected);
      VECTOR.grid().quantizeDequantize(x, scale, zeroPoint, maxCode, actual);
      VectorKernelsTest.assertRowEquals(expected, actual, kind + " of " + n);
    }
  }

  @Property(tries = 300)
  void anyPointsAroundAgree(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 100) int n,
      @ForAll @IntRange(min = 1, max = 255) int maxCode,
      @ForAll @IntRange(min = 1, max = 20) int count,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = KernelData.row(arena, kind, n, seed);
      MemorySegment scales = KernelData.row(arena, Kind.GAUSSIAN, n, seed + 1);
      MemorySegment zeros = arena.allocate(ValueLayout.JAVA_FLOAT, n);
      for (int i = 0; i < n; i++) {
        float scale = scales.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        scales.setAtIndex(ValueLayout.JAVA_FLOAT, i, scale == 0 ? 1 : scale);
        zeros.setAtIndex(ValueLayout.JAVA_FLOAT, i, (i * 7) % (maxCode + 1));
      }
      float[] levels = new float[count];
      float[] thresholds = new float[count - 1];
      for (int k = 0; k < count; k++) {
        levels[k] = k * k - 3 * count;
        if (k > 0) {
          thresholds[k - 1] = (levels[k - 1] + levels[k]) / 2;
        }
      }
      MemorySegment[] out = new MemorySegment[4];
      for (int i = 0; i < out.length; i++) {
        out[i] = arena.allocate(ValueLayout.JAVA_FLOAT, n);
      }
      SCALAR.grid().aroundSteps(x, scales, zeros, maxCode, out[0], out[1]);
      VECTOR.grid().aroundSteps(x, scales, zeros, maxCode, out[2], out[3]);
      VectorKernelsTest.assertRowEquals(out[0], out[2], "steps, " + kind + " of " + n);
      VectorKernelsTest.assertRowEquals(out[1], out[3], "other steps, " + kind + " of " + n);
      SCALAR.grid().nearestSteps(x, scales, zeros, maxCode, out[3]);
      VectorKernelsTest.assertRowEquals(out[3], out[2], "nearest steps, " + kind);
      SCALAR.grid().aroundLevels(x, scales, levels, thresholds, out[0], out[1]);
      VECTOR.grid().aroundLevels(x, scales, levels, thresholds, out[2], out[3]);
      VectorKernelsTest.assertRowEquals(out[0], out[2], "levels, " + kind + " of " + n);
      VectorKernelsTest.assertRowEquals(out[1], out[3], "other levels, " + kind + " of " + n);
      SCALAR.grid().nearestLevels(x, scales, levels, thresholds, out[3]);
      VectorKernelsTest.assertRowEquals(out[3], out[2], "nearest levels, " + kind);
    }
  }

  @Property(tries = 400)
  void anySearchOfACodebookAgrees(
      @ForAll Kind kind,
      @ForAll Kind ofTable,
      @ForAll @IntRange(min = 1, max = 70) int lanes,
      @ForAll @IntRange(min = 0, max = 40) int entries,
      @ForAll @IntRange(min = 0, max = 12) int n,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment offsets = KernelData.row(arena, kind, entries, seed);
      MemorySegment table = KernelData.row(arena, ofTable, entries * n, seed + 1);
      MemorySegment coefficients = KernelData.row(arena, kind, n * lanes, seed + 2);
      MemorySegment[] out = new MemorySegment[4];
      for (int i = 0; i < out.length; i++) {
        out[i] = KernelData.row(arena, Kind.GAUSSIAN, lanes, i);
      }
      SCALAR.grid().leastSums(offsets, table, coefficients, out[0], out[1]);
      VECTOR.grid().leastSums(offsets, table, coefficients, out[2], out[3]);
      String what = "%s, %s lanes, %s entries of %s".formatted(kind, lanes, entries, n);
      VectorKernelsTest.assertRowEquals(out[0], out[2], what);
      VectorKernelsTest.assertRowEquals(out[1], out[3], what);
    }
  }

  @Property(tries = 300)
  void anyActivationOfAnyRowAgrees(
      @ForAll Kind kind,
      @ForAll @IntRange(min = 1, max = 600) int n,
      @ForAll @Scale(3) @DoubleRange(min = 1e-3, max = 1e3) double factor,
      @ForAll @Scale(3) @DoubleRange(min = 1e-3, max = 1e3) double cap,
      @ForAll long seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment gate = KernelData.row(arena, kind, n, seed);
      MemorySegment up = KernelData.row(arena, Kind.GAUSSIAN, n, seed + 1);
      MemorySegment expected = arena.allocate(4L * n, 4);
      MemorySegment actual = arena.allocate(4L * n, 4);
      SCALAR.network().geGlu(gate, up, expected);
      VECTOR.network().geGlu(gate, up, actual);
      VectorKernelsTest.assertRowEquals(expected, actual, "gelu, " + kind + " of " + n);
      SCALAR.network().glu(gate, up, expected);
      VECTOR.network().glu(gate, up, actual);
      VectorKernelsTest.assertRowEquals(expected, actual, "sigmoid, " + kind + " of " + n);
      expected.copyFrom(gate);
      actual.copyFrom(gate);
      SCALAR.network().softCap(expected, (float) factor, (float) cap);
      VECTOR.network().softCap(actual, (float) factor, (float) cap);
      VectorKernelsTest.assertRowEquals(expected, actual, "cap, " + kind + " of " + n);
    }
  }
}
