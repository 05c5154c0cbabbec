// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.kernel.scalar;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.ConversionKernels;
import dev.awp.kernel.Extents;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Conversions, defined element by element. */
final class ScalarConversion implements ConversionKernels {
  private static final ValueLayout.OfShort STORED_16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt STORED_32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public void decodeBf16(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(destination);
    Extents.check("source", source, n, Short.BYTES);
    for (int i = 0; i < n; i++) {
      int bits = source.get(STORED_16, 2L * i) << 16;
      destination.setAtIndex(ValueLayout.JAVA_INT, i, bits);
    }
  }

  @Override
  public void decodeF16(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(destination);
    Extents.check("source", source, n, Short.BYTES);
    for (int i = 0; i < n; i++) {
      destination.setAtIndex(JAVA_FLOAT, i, Float.float16ToFloat(source.get(STORED_16, 2L * i)));
    }
  }

  @Override
  public void decodeF32(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(destination);
    Extents.check("source", source, n, Float.BYTES);
    for (int i = 0; i < n; i++) {
      destination.setAtIndex(ValueLayout.JAVA_INT, i, source.get(STORED_32, 4L * i));
    }
  }

  @Override
  public void encodeBf16(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(source);
    Extents.check("destination", destination, n, Short.BYTES);
    for (int i = 0; i < n; i++) {
      destination.set(STORED_16, 2L * i, bf16(source.getAtIndex(ValueLayout.JAVA_INT, i)));
    }
  }

  private static short bf16(int bits) {
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return (short) ((bits >>> 16) | 0x40);
    }
    // Half an ulp, less one bit where the kept part is even: ties go to even.
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  @Override
  public void splitBf16(MemorySegment source, MemorySegment high, MemorySegment low) {
    int n = Extents.floats(source);
    Extents.check("high", high, n, Short.BYTES);
    Extents.check("low", low, n, Short.BYTES);
    for (int i = 0; i < n; i++) {
      int bits = source.getAtIndex(ValueLayout.JAVA_INT, i);
      short rounded = bf16(bits);
      float kept = Float.intBitsToFloat(rounded << 16);
      float left = Float.isFinite(kept) ? Float.intBitsToFloat(bits) - kept : 0;
      high.set(STORED_16, 2L * i, rounded);
      low.set(STORED_16, 2L * i, bf16(Float.floatToRawIntBits(left)));
    }
  }

  @Override
  public void encodeF16(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(source);
    Extents.check("destination", destination, n, Short.BYTES);
    for (int i = 0; i < n; i++) {
      destination.set(STORED_16, 2L * i, Float.floatToFloat16(source.getAtIndex(JAVA_FLOAT, i)));
    }
  }

  @Override
  public void encodeF32(MemorySegment source, MemorySegment destination) {
    int n = Extents.floats(source);
    Extents.check("destination", destination, n, Float.BYTES);
    for (int i = 0; i < n; i++) {
      destination.set(STORED_32, 4L * i, source.getAtIndex(ValueLayout.JAVA_INT, i));
    }
  }
}
