// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.vector;

import static dev.awp.kernel.vector.Lanes.COUNT;
import static dev.awp.kernel.vector.Lanes.FLOATS;
import static dev.awp.kernel.vector.Lanes.INTS;
import static dev.awp.kernel.vector.Lanes.SHORTS;
import static dev.awp.kernel.vector.Lanes.STORED;

import dev.awp.kernel.ConversionKernels;
import dev.awp.kernel.Extents;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Conversions on whole vectors, by integer arithmetic on the bits. */
final class VectorConversion implements ConversionKernels {
  private static final ValueLayout.OfInt STORED_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(STORED);

  /** What rebiasing a binary16 exponent (bias 15) to float32 (bias 127) adds to the bits. */
  private static final int REBIAS = (127 - 15) << 23;

  /** 2^-14, the smallest normal binary16. */
  private static final float HALF_MIN_NORMAL = 0x1p-14f;

  /** The float whose last place is binary16's: adding it rounds a small value to a subnormal. */
  private static final float HALF_SUBNORMAL_ROUNDER = 0.5f;

  private static final int INFINITY_BITS = 0x7f800000;

  @Override
  public void decodeBf16(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(destination);
    Extents.check("source", source, n, Short.BYTES);
    int i = 0;
    for (; i < SHORTS.loopBound(n); i += COUNT) {
      Lanes.storeBits(widenBf16(loadStored(source, i)), destination, i);
    }
    if (i < n) {
      IntVector bits = widenBf16(loadStored(source, i, SHORTS.indexInRange(i, n)));
      Lanes.storeBits(bits, destination, i, INTS.indexInRange(i, n));
    }
  }

  private static IntVector widenBf16(ShortVector stored) {
    return toInts(stored).lanewise(VectorOperators.LSHL, 16);
  }

  @Override
  public void decodeF16(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(destination);
    Extents.check("source", source, n, Short.BYTES);
    int i = 0;
    for (; i < SHORTS.loopBound(n); i += COUNT) {
      Lanes.storeBits(widenF16(loadStored(source, i)), destination, i);
    }
    if (i < n) {
      IntVector bits = widenF16(loadStored(source, i, SHORTS.indexInRange(i, n)));
      Lanes.storeBits(bits, destination, i, INTS.indexInRange(i, n));
    }
  }

  private static IntVector widenF16(ShortVector stored) {
    IntVector half = toInts(stored);
    IntVector magnitude = half.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    IntVector sign = half.and(0x8000).lanewise(VectorOperators.LSHL, 16);
    IntVector normal = magnitude.add(REBIAS);
    // Infinity and NaN: the exponent 31 goes to 255, twice the way.
    VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, 0x7c00 << 13);
    normal = normal.add(REBIAS, special);
    // Zero and subnormals: read the mantissa in [2^-14, 2^-13), take 2^-14 away, exactly.
    VectorMask<Integer> small = magnitude.compare(VectorOperators.LT, 0x0400 << 13);
    IntVector subnormal =
        magnitude
            .add(REBIAS + (1 << 23))
            .reinterpretAsFloats()
            .sub(HALF_MIN_NORMAL)
            .reinterpretAsInts();
    return normal.blend(subnormal, small).or(sign);
  }

  @Override
  public void decodeF32(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(destination);
    Extents.check("source", source, n, Float.BYTES);
    MemorySegment.copy(source, STORED_INT, 0, destination, ValueLayout.JAVA_INT, 0, n);
  }

  @Override
  public void encodeBf16(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(source);
    Extents.check("destination", destination, n, Short.BYTES);
    int i = 0;
    for (; i < SHORTS.loopBound(n); i += COUNT) {
      storeStored(narrowBf16(Lanes.loadBits(source, i)), destination, i);
    }
    if (i < n) {
      IntVector bits = narrowBf16(Lanes.loadBits(source, i, INTS.indexInRange(i, n)));
      storeStored(bits, destination, i, SHORTS.indexInRange(i, n));
    }
  }

  @Override
  public void splitBf16(MemorySegment source, MemorySegment high, MemorySegment low) {
    int n = Extents.floats(source);
    Extents.check("high", high, n, Short.BYTES);
    Extents.check("low", low, n, Short.BYTES);
    int i = 0;
    for (; i < SHORTS.loopBound(n); i += COUNT) {
      IntVector bits = Lanes.loadBits(source, i);
      IntVector rounded = narrowBf16(bits);
      storeStored(rounded, high, i);
      storeStored(narrowBf16(leftOver(bits, rounded)), low, i);
    }
    if (i < n) {
      VectorMask<Short> tail = SHORTS.indexInRange(i, n);
      IntVector bits = Lanes.loadBits(source, i, INTS.indexInRange(i, n));
      IntVector rounded = narrowBf16(bits);
      storeStored(rounded, high, i, tail);
      storeStored(narrowBf16(leftOver(bits, rounded)), low, i, tail);
    }
  }

  /** x less its BF16, and zero where that is not finite. */
  private static IntVector leftOver(IntVector bits, IntVector rounded) {
    IntVector kept = rounded.lanewise(VectorOperators.LSHL, 16);
    VectorMask<Integer> finite =
        kept.and(Lanes.MAGNITUDE).compare(VectorOperators.LT, INFINITY_BITS);
    IntVector left = bits.reinterpretAsFloats().sub(kept.reinterpretAsFloats()).reinterpretAsInts();
    return IntVector.zero(INTS).blend(left, finite);
  }

  private static IntVector narrowBf16(IntVector bits) {
    IntVector high = bits.lanewise(VectorOperators.LSHR, 16);
    IntVector rounded = bits.add(high.and(1)).add(0x7fff).lanewise(VectorOperators.LSHR, 16);
    VectorMask<Integer> nan = bits.and(Lanes.MAGNITUDE).compare(VectorOperators.GT, INFINITY_BITS);
    return rounded.blend(high.or(0x40), nan);
  }

  @Override
  public void encodeF16(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(source);
    Extents.check("destination", destination, n, Short.BYTES);
    int i = 0;
    for (; i < SHORTS.loopBound(n); i += COUNT) {
      storeStored(narrowF16(Lanes.loadBits(source, i)), destination, i);
    }
    if (i < n) {
      IntVector bits = narrowF16(Lanes.loadBits(source, i, INTS.indexInRange(i, n)));
      storeStored(bits, destination, i, SHORTS.indexInRange(i, n));
    }
  }

  private static IntVector narrowF16(IntVector bits) {
    IntVector magnitude = bits.and(Lanes.MAGNITUDE);
    IntVector sign = bits.lanewise(VectorOperators.LSHR, 16).and(0x8000);
    // Normal results: rebias, add half a unit in the last place, less one where that is even.
    IntVector odd = magnitude.lanewise(VectorOperators.LSHR, 13).and(1);
    IntVector normal = magnitude.sub(REBIAS).add(0xfff).add(odd).lanewise(VectorOperators.LSHR, 13);
    // Subnormal results: the float addition rounds to their last place.
    FloatVector shifted = magnitude.reinterpretAsFloats().add(HALF_SUBNORMAL_ROUNDER);
    IntVector subnormal =
        shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(HALF_SUBNORMAL_ROUNDER));
    VectorMask<Integer> small =
        magnitude.compare(VectorOperators.LT, Float.floatToRawIntBits(HALF_MIN_NORMAL));
    VectorMask<Integer> large =
        magnitude.compare(VectorOperators.GE, Float.floatToRawIntBits(0x1p16f));
    VectorMask<Integer> nan = magnitude.compare(VectorOperators.GT, INFINITY_BITS);
    return normal.blend(subnormal, small).blend(0x7c00, large).blend(0x7e00, nan).or(sign);
  }

  @Override
  public void encodeF32(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(source);
    Extents.check("destination", destination, n, Float.BYTES);
    MemorySegment.copy(source, ValueLayout.JAVA_INT, 0, destination, STORED_INT, 0, n);
  }

  private static ShortVector loadStored(MemorySegment source, int i) {
    return ShortVector.fromMemorySegment(SHORTS, source, (long) i * Short.BYTES, STORED);
  }

  private static ShortVector loadStored(MemorySegment source, int i, VectorMask<Short> tail) {
    return ShortVector.fromMemorySegment(SHORTS, source, (long) i * Short.BYTES, STORED, tail);
  }

  private static void storeStored(IntVector low16, MemorySegment destination, int i) {
    toShorts(low16).intoMemorySegment(destination, (long) i * Short.BYTES, STORED);
  }

  private static void storeStored(
      IntVector low16, MemorySegment destination, int i, VectorMask<Short> tail) {
    toShorts(low16).intoMemorySegment(destination, (long) i * Short.BYTES, STORED, tail);
  }

  private static IntVector toInts(ShortVector v) {
    return (IntVector) v.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
  }

  private static ShortVector toShorts(IntVector v) {
    return (ShortVector) v.convertShape(VectorOperators.I2S, SHORTS, 0);
  }

  static {
    if (FLOATS.length() != SHORTS.length()) {
      throw new IllegalStateException("no half-width species for " + FLOATS);
    }
  }
}
