// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/**
 * IQ4_XS: 256 columns in eight groups; d, the high bit pairs of eight scales (two bytes, from the
 * low bits on), their low nibbles (four bytes), then 16 bytes a group as in IQ4_NL. A value is d
 * (scale - 32) level.
 */
public final class Iq4XsDecoder implements BlockDecoder {
  private static final int GROUPS = 8;
  private static final int HIGH = 2;
  private static final int LOW = 4;
  private static final int CODES = 8;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, 0);
    int high = LittleEndian.u16(block, HIGH);
    for (int g = 0; g < GROUPS; g++) {
      int low = (block[LOW + g / 2] >> (4 * (g % 2))) & 15;
      int scale = low | (((high >> (2 * g)) & 3) << 4);
      Levels.NON_LINEAR.decode(block, CODES + 16 * g, 16, d * (scale - 32), values, 32 * g);
    }
  }
}
