// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.kernel.scalar.ScalarExp;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.kernel.vector.VectorKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Conversions on all 65,536 patterns, at odd offsets, and around every rounding boundary. */
@Tag("kernel")
class ConversionKernelsTest {
  private static final List<Kernels> BOTH = List.of(ScalarKernels.create(), VectorKernels.create());
  private static final int PATTERNS = 1 << 16;

  @Test
  void everyF16PatternDecodesAndReturns() {
    for (Kernels kernels : BOTH) {
      checkAllPatterns(
          kernels,
          kernels.conversion()::decodeF16,
          kernels.conversion()::encodeF16,
          Float::float16ToFloat);
    }
  }

  @Test
  void everyBf16PatternDecodesAndReturns() {
    for (Kernels kernels : BOTH) {
      checkAllPatterns(
          kernels,
          kernels.conversion()::decodeBf16,
          kernels.conversion()::encodeBf16,
          bits -> Float.intBitsToFloat(bits << 16));
    }
  }

  @FunctionalInterface
  private interface Meaning {
    float of(short bits);
  }

  private static void checkAllPatterns(
      Kernels kernels,
      BiConsumer<MemorySegment, MemorySegment> decode,
      BiConsumer<MemorySegment, MemorySegment> encode,
      Meaning meaning) {
    try (Arena arena = Arena.ofConfined()) {
      // At an odd offset, and with an odd count, as foreign files have them.
      int n = PATTERNS + 5;
      MemorySegment stored = arena.allocate(2L * n + 1, 1).asSlice(1, 2L * n);
      for (int i = 0; i < n; i++) {
        stored.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) i);
      }
      MemorySegment floats = arena.allocate(4L * n, 4);
      decode.accept(stored, floats);
      MemorySegment back = arena.allocate(2L * n + 3, 1).asSlice(3, 2L * n);
      encode.accept(floats, back);
      for (int i = 0; i < n; i++) {
        float expected = meaning.of((short) i);
        float actual = floats.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        short returned = back.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i);
        if (Float.isNaN(expected)) {
          assertTrue(Float.isNaN(actual), kernels.name() + " pattern " + i);
          assertTrue(Float.isNaN(meaning.of(returned)), kernels.name() + " pattern " + i);
        } else {
          assertEquals(
              Float.floatToRawIntBits(expected),
              Float.floatToRawIntBits(actual),
              kernels.name() + " pattern " + i);
          assertEquals((short) i, returned, kernels.name() + " pattern " + i);
        }
      }
    }
  }

  @Test
  void roundingIsToNearestEven() {
    try (Arena arena = Arena.ofConfined()) {
      // Every pattern's value, the middle to the next one, and the floats on both sides of it.
      int n = 0;
      MemorySegment all = arena.allocate(4L * 6 * PATTERNS, 4);
      for (int i = 0; i < PATTERNS; i++) {
        for (float value : new float[] {Float.float16ToFloat((short) i), bf16((short) i)}) {
          float next =
              value == bf16((short) i)
                  ? bf16((short) (i + 1))
                  : Float.float16ToFloat((short) (i + 1));
          float middle = (float) (((double) value + next) / 2);
          all.setAtIndex(ValueLayout.JAVA_FLOAT, n++, middle);
          all.setAtIndex(ValueLayout.JAVA_FLOAT, n++, Math.nextUp(middle));
          all.setAtIndex(ValueLayout.JAVA_FLOAT, n++, Math.nextDown(middle));
        }
      }
      MemorySegment half = arena.allocate(2L * n, 2);
      MemorySegment brain = arena.allocate(2L * n, 2);
      for (Kernels kernels : BOTH) {
        kernels.conversion().encodeF16(all, half);
        kernels.conversion().encodeBf16(all, brain);
        for (int i = 0; i < n; i++) {
          float value = all.getAtIndex(ValueLayout.JAVA_FLOAT, i);
          if (!Float.isNaN(value)) {
            String what = kernels.name() + " of " + value;
            assertEquals(
                Float.floatToFloat16(value), half.getAtIndex(ValueLayout.JAVA_SHORT, i), what);
            assertNearestBf16(value, brain.getAtIndex(ValueLayout.JAVA_SHORT, i), what);
          }
        }
      }
    }
  }

  private static float bf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  private static void assertNearestBf16(float value, short encoded, String what) {
    float rounded = bf16(encoded);
    if (Float.isInfinite(rounded) || Float.isInfinite(value)) {
      // Beyond the middle between the largest value and what would follow it.
      assertTrue(Math.abs((double) value) >= 0x1.FFp127, what);
      assertEquals(Math.signum(value), Math.signum(rounded), what);
      return;
    }
    double error = Math.abs((double) value - rounded);
    double below = Math.abs((double) value - bf16((short) (encoded - 1)));
    double above = Math.abs((double) value - bf16((short) (encoded + 1)));
    boolean tie = error == below || error == above;
    assertTrue((error <= below && error <= above) || (encoded & 0x7fff) == 0, what);
    assertTrue(!tie || (encoded & 1) == 0, what);
  }

  /** Vector and scalar parts are the same bits, and all but 2^-16 of a value is in them. */
  @Test
  void splittingLeavesLittle() {
    for (KernelData.Kind kind : KernelData.Kind.values()) {
      for (int n : KernelData.sizes().toArray()) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment x = KernelData.row(arena, kind, n, n);
          MemorySegment high = arena.allocate(2L * n + 1, 1).asSlice(1);
          MemorySegment low = arena.allocate(2L * n + 1, 1).asSlice(1);
          MemorySegment expectedHigh = arena.allocate(2L * n, 1);
          MemorySegment expectedLow = arena.allocate(2L * n, 1);
          BOTH.getFirst().conversion().splitBf16(x, expectedHigh, expectedLow);
          BOTH.getLast().conversion().splitBf16(x, high, low);
          String what = kind + " of " + n;
          assertEquals(-1, expectedHigh.mismatch(high), what);
          assertEquals(-1, expectedLow.mismatch(low), what);
          for (int i = 0; i < n; i++) {
            assertSplit(
                x.getAtIndex(ValueLayout.JAVA_FLOAT, i),
                bf16(high.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i)),
                bf16(low.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i)),
                what);
          }
        }
      }
    }
  }

  private static void assertSplit(float value, float high, float low, String what) {
    if (!Float.isFinite(high)) {
      assertEquals(0, low, what);
      return;
    }
    double error = Math.abs((double) value - high - low);
    assertTrue(error <= Math.max(0x1p-16 * Math.abs(value), 0x1p-134), what + ": " + value);
  }

  @Test
  void storedFloatsAreCopiedBitForBit() {
    for (Kernels kernels : BOTH) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment x = KernelData.row(arena, KernelData.Kind.BITS, 103, 1);
        MemorySegment stored = arena.allocate(4 * 103 + 1, 1).asSlice(1);
        MemorySegment back = arena.allocate(4 * 103, 4);
        kernels.conversion().encodeF32(x, stored);
        kernels.conversion().decodeF32(stored, back);
        assertEquals(-1, x.mismatch(back), kernels.name());
      }
    }
  }

  @Test
  void expIsWithinTwoUnitsInTheLastPlace() {
    for (float x = -104f; x < 89f; x += 0.00317f) {
      double exact = Math.exp(x);
      float actual = ScalarExp.exp(x);
      if (exact > Float.MAX_VALUE) {
        assertTrue(actual == Float.POSITIVE_INFINITY || actual >= 3.4e38f, "exp " + x);
      } else {
        assertEquals(exact, actual, 2 * Math.ulp((float) exact), "exp " + x);
      }
    }
    assertEquals(0f, ScalarExp.exp(Float.NEGATIVE_INFINITY));
    assertEquals(Float.POSITIVE_INFINITY, ScalarExp.exp(Float.POSITIVE_INFINITY));
    assertEquals(1f, ScalarExp.exp(-0f));
    assertTrue(Float.isNaN(ScalarExp.exp(Float.NaN)));
  }
}
