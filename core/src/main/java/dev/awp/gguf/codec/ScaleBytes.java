// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.gguf.decode.LittleEndian;

/**
 * How a scale is stored. Of those of E2M1's levels, which are twice what they stand for, half is
 * meant.
 */
public enum ScaleBytes {
  /** binary16. */
  HALF(2) {
    @Override
    void put(float scale, byte[] bytes, int at) {
      BlockCodec.putHalf(bytes, at, scale);
    }

    @Override
    float get(byte[] bytes, int at) {
      return LittleEndian.half(bytes, at);
    }
  },

  /** The exponent of a power of two, plus 127; 0, as padding has it, becomes the smallest. */
  E8M0(1) {
    private static final int BIAS = 128;

    @Override
    void put(float scale, byte[] bytes, int at) {
      bytes[at] = (byte) (scale == 0 ? 0 : exponent(scale) + BIAS);
    }

    // 2^-128 and 2^-127 are subnormal in float32.
    private static int exponent(float scale) {
      return Math.getExponent((double) scale);
    }

    @Override
    float get(byte[] bytes, int at) {
      return Math.scalb(1f, (bytes[at] & 0xff) - BIAS);
    }
  },

  /**
   * Four bits of exponent and three of mantissa. The eighth bit is of no account, but where all
   * others are set llama.cpp takes it for 0 without and for 480 with the eighth.
   */
  UE4M3(1) {
    private static final int NAN = 0x7f;
    private static final int SUBNORMAL = -10;
    private static final int NORMAL = -11;

    @Override
    void put(float scale, byte[] bytes, int at) {
      int exponent = Math.getExponent(scale) - 3 - NORMAL;
      int code =
          exponent <= 0
              ? (int) Math.scalb(scale, -SUBNORMAL)
              : (exponent << 3) | ((int) Math.scalb(scale, -(exponent + NORMAL)) - 8);
      bytes[at] = (byte) code;
    }

    @Override
    float get(byte[] bytes, int at) {
      if (bytes[at] == NAN) {
        return 0;
      }
      int exponent = (bytes[at] >> 3) & 15;
      int mantissa = bytes[at] & 7;
      return exponent == 0
          ? Math.scalb((float) mantissa, SUBNORMAL)
          : Math.scalb(8f + mantissa, exponent + NORMAL);
    }
  };

  private final int size;

  ScaleBytes(int size) {
    this.size = size;
  }

  /** Bytes of a scale. */
  int size() {
    return size;
  }

  /** Puts a scale that can be stored, or 0. */
  abstract void put(float scale, byte[] bytes, int at);

  abstract float get(byte[] bytes, int at);
}
