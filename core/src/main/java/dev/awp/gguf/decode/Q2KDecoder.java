// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.decode;

/**
 * Q2_K: 256 columns; 16 bytes of a scale (low four bits) and a minimum for 16 columns each, 64
 * bytes of codes, d, dmin. Column 128 n + 32 k + l has bits 2 k and 2 k + 1 of byte 32 n + l. A
 * value is d scale code - dmin minimum.
 */
public final class Q2KDecoder implements BlockDecoder {
  private static final int GROUPS = 16;
  private static final int GROUP = 16;
  private static final int CODES = 16;
  private static final int D = 80;
  private static final int D_MIN = 82;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, D);
    float dmin = LittleEndian.half(block, D_MIN);
    for (int g = 0; g < GROUPS; g++) {
      float scale = d * (block[g] & 15);
      float minimum = dmin * ((block[g] >> 4) & 15);
      int from = CODES + 32 * (g / 8) + GROUP * (g % 2);
      int shift = 2 * (g / 2 % 4);
      for (int l = 0; l < GROUP; l++) {
        values[GROUP * g + l] = scale * ((block[from + l] >> shift) & 3) - minimum;
      }
    }
  }
}
