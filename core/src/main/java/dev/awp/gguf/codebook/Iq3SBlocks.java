// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codebook;

import dev.awp.constraint.codebook.Codebook;
import dev.awp.gguf.decode.LittleEndian;

/**
 * IQ3_S: 256 columns; d, 64 low bytes of nine-bit codes for four columns each, eight bytes of their
 * ninth bits, 32 bytes of signs, then four bytes of two scales, each for 32 columns. A value is d
 * (2 scale + 1) times the vector's.
 */
public final class Iq3SBlocks implements CodebookCodec {
  private static final int VECTORS = 64;
  private static final int CODES = 2;
  private static final int HIGH = 66;
  private static final int SIGNS = 74;
  private static final int SCALES = 106;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, 0);
    for (int v = 0; v < VECTORS; v++) {
      float scale = d * (1 + 2 * ((block[SCALES + v / 16] >> (4 * (v / 8 % 2))) & 15));
      int code = (block[CODES + v] & 0xff) | (((block[HIGH + v / 8] >> (v % 8)) & 1) << 8);
      int signs = block[SIGNS + v / 2] >> (4 * (v % 2));
      Codebook.IQ3_S.put(code, scale, signs, values, 4 * v);
    }
  }

  @Override
  public void encode(VectorBlock block, byte[] bytes) {
    block.putHalfAndNibbles(bytes, SCALES);
    for (int v = 0; v < VECTORS; v++) {
      bytes[CODES + v] = (byte) block.code(v);
      bytes[HIGH + v / 8] |= (byte) ((block.code(v) >> 8) << (v % 8));
      bytes[SIGNS + v / 2] |= (byte) (block.signs(v) << (4 * (v % 2)));
    }
  }
}
