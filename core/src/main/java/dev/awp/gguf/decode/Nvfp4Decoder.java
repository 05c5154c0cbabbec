// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/**
 * NVFP4: 64 columns; four bytes of a scale for 16 columns each, then 32 bytes, eight for 16
 * columns: the low nibble of byte j of them column j, the high one column j + 8. A value is E2M1
 * times the scale, which has four bits of exponent and three of mantissa; its eighth bit is of no
 * account, but where all others are set llama.cpp takes it for 0 without and for 480 with the
 * eighth.
 */
public final class Nvfp4Decoder implements BlockDecoder {
  private static final int GROUPS = 4;
  private static final int CODES = 4;
  private static final int NAN = 0x7f;

  @Override
  public void decode(byte[] block, float[] values) {
    for (int g = 0; g < GROUPS; g++) {
      Levels.E2M1.decode(block, CODES + 8 * g, 8, halfScale(block[g]), values, 16 * g);
    }
  }

  /** The levels are doubled, so the scale is halved. */
  private static float halfScale(byte scale) {
    if (scale == NAN) {
      return 0;
    }
    int exponent = (scale >> 3) & 15;
    int mantissa = scale & 7;
    return exponent == 0
        ? Math.scalb((float) mantissa, -10)
        : Math.scalb(8f + mantissa, exponent - 11);
  }
}
