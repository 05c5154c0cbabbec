// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codebook;

import dev.awp.constraint.codebook.Codebook;
import dev.awp.gguf.decode.LittleEndian;

/**
 * IQ2_S: 256 columns; d, 32 low bytes of ten-bit codes for eight columns each, 32 bytes of their
 * signs, eight bytes of four codes' high bit pairs, then eight bytes of two scales, each for 16
 * columns. A value is d (scale + 1/2) / 4 times the vector's.
 */
public final class Iq2SBlocks implements CodebookCodec {
  private static final int VECTORS = 32;
  private static final int CODES = 2;
  private static final int SIGNS = 34;
  private static final int HIGH = 66;
  private static final int SCALES = 74;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, 0);
    for (int v = 0; v < VECTORS; v++) {
      float scale = scale(d, block[SCALES + v / 4], v);
      int high = (block[HIGH + v / 4] >> (2 * (v % 4))) & 3;
      int code = (block[CODES + v] & 0xff) | (high << 8);
      Codebook.IQ2_S.put(code, scale, block[SIGNS + v], values, 8 * v);
    }
  }

  @Override
  public void encode(VectorBlock block, byte[] bytes) {
    block.putHalfAndNibbles(bytes, SCALES);
    for (int v = 0; v < VECTORS; v++) {
      bytes[CODES + v] = (byte) block.code(v);
      bytes[HIGH + v / 4] |= (byte) ((block.code(v) >> 8) << (2 * (v % 4)));
      bytes[SIGNS + v] = (byte) block.signs(v);
    }
  }

  /** Two vectors have the low nibble of a byte, the next two the high one. */
  static float scale(float d, byte both, int vector) {
    return d * (0.5f + ((both >> (4 * (vector / 2 % 2))) & 15)) * 0.25f;
  }
}
