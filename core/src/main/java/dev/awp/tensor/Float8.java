// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tensor;

/** The numbers that bytes stand for in the 8-bit floating-point types, a table of 256 each. */
public final class Float8 {
  private Float8() {}

  /**
   * The value of every byte.
   *
   * @param type F8_E4M3, F8_E5M2 or F8_E8M0
   */
  public static float[] table(DType type) {
    float[] values = new float[256];
    for (int bits = 0; bits < values.length; bits++) {
      values[bits] = value(type, bits);
    }
    return values;
  }

  /** The value of a byte, given as a number from 0 to 255. */
  public static float value(DType type, int bits) {
    return switch (type) {
      case F8_E4M3 -> e4m3(bits);
      // The upper byte of an IEEE binary16.
      case F8_E5M2 -> Float.float16ToFloat((short) (bits << 8));
      // OCP microscaling: a power of two, bias 127.
      case F8_E8M0 -> bits == 255 ? Float.NaN : Math.scalb(1f, bits - 127);
      default -> throw new IllegalArgumentException(type + " has more or fewer than 8 bits");
    };
  }

  /** OCP: bias 7, no infinities, NaN where all bits but the sign are 1. */
  private static float e4m3(int bits) {
    int exponent = bits >> 3 & 15;
    int mantissa = bits & 7;
    float magnitude =
        exponent == 0 ? mantissa * 0x1p-9f : Math.scalb(1 + mantissa / 8f, exponent - 7);
    if ((bits & 127) == 127) {
      magnitude = Float.NaN;
    }
    return bits >= 128 ? -magnitude : magnitude;
  }
}
