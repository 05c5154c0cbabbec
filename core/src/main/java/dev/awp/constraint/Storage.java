// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.kernel.ConversionKernels;
import dev.awp.tensor.DType;
import java.lang.foreign.MemorySegment;

/** Rounding to the element type in which a layer is stored. */
public final class Storage {
  private Storage() {}

  /** The nearest value of the type, ties to even. */
  public static float round(DType type, float value) {
    return switch (type) {
      case F32 -> value;
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> {
        int bits = Float.floatToRawIntBits(value);
        boolean nan = Float.isNaN(value);
        int rounded = nan ? bits : bits + 0x7fff + ((bits >>> 16) & 1);
        yield Float.intBitsToFloat(rounded & 0xffff0000);
      }
      default -> throw new IllegalArgumentException("values are not computed in " + type);
    };
  }

  /** The smallest positive normal value of the type. */
  static float smallestNormal(DType type) {
    return type == DType.F16 ? 0x1p-14f : Float.MIN_NORMAL;
  }

  /** The largest finite value of the type. */
  static float largest(DType type) {
    return switch (type) {
      case F16 -> 65504f;
      case BF16 -> Float.intBitsToFloat(0x7f7f0000);
      default -> Float.MAX_VALUE;
    };
  }

  /**
   * Rounds a row in place.
   *
   * @param scratch at least 2 bytes an element
   */
  public static void round(
      DType type, ConversionKernels conversion, MemorySegment row, MemorySegment scratch) {
    MemorySegment stored = scratch.asSlice(0, row.byteSize() / 2);
    switch (type) {
      case F16 -> {
        conversion.encodeF16(row, stored);
        conversion.decodeF16(stored, row);
      }
      case BF16 -> {
        conversion.encodeBf16(row, stored);
        conversion.decodeBf16(stored, row);
      }
      default -> {
        // float32 holds every computed value as it is.
      }
    }
  }
}
