// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.awp.tensor.DType;
import dev.awp.tensor.Float8;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Elements of the types that awp looks at but does not compute in, as the nearest float32. */
final class ElementDecoder {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfDouble F64 = JAVA_DOUBLE_UNALIGNED.withOrder(LE);
  private static final ValueLayout.OfLong I64 = JAVA_LONG_UNALIGNED.withOrder(LE);
  private static final ValueLayout.OfInt I32 = JAVA_INT_UNALIGNED.withOrder(LE);
  private static final ValueLayout.OfShort I16 = JAVA_SHORT_UNALIGNED.withOrder(LE);

  private ElementDecoder() {}

  static boolean knows(DType type) {
    return switch (type) {
      case F64, I64, U64, I32, U32, I16, U16, I8, U8, BOOL, F8_E4M3, F8_E5M2, F8_E8M0 -> true;
      case F32, F16, BF16, F6_E2M3, F6_E3M2, F4, C64 -> false;
    };
  }

  static float value(DType type, MemorySegment bytes, long i) {
    return switch (type) {
      case F64 -> (float) bytes.getAtIndex(F64, i);
      case I64 -> bytes.getAtIndex(I64, i);
      case U64 -> unsigned(bytes.getAtIndex(I64, i));
      case I32 -> bytes.getAtIndex(I32, i);
      case U32 -> bytes.getAtIndex(I32, i) & 0xffffffffL;
      case I16 -> bytes.getAtIndex(I16, i);
      case U16 -> bytes.getAtIndex(I16, i) & 0xffff;
      case I8 -> bytes.get(JAVA_BYTE, i);
      case U8, BOOL -> bytes.get(JAVA_BYTE, i) & 0xff;
      case F8_E4M3, F8_E5M2, F8_E8M0 -> Float8.value(type, bytes.get(JAVA_BYTE, i) & 0xff);
      case F32, F16, BF16, F6_E2M3, F6_E3M2, F4, C64 ->
          throw new IllegalArgumentException("not decoded here: " + type);
    };
  }

  private static float unsigned(long value) {
    return value >= 0 ? value : 2 * (float) ((value >>> 1) | (value & 1));
  }
}
