// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codebook;

import dev.awp.constraint.codebook.Codebook;
import dev.awp.gguf.decode.LittleEndian;

/**
 * IQ2_XS: 256 columns; d, 32 words of a nine-bit code and seven signs for eight columns each, then
 * eight bytes of two scales, each for 16 columns. A value is d (scale + 1/2) / 4 times the
 * vector's.
 */
public final class Iq2XsBlocks implements CodebookCodec {
  private static final int VECTORS = 32;
  private static final int CODES = 2;
  private static final int SCALES = 66;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, 0);
    for (int v = 0; v < VECTORS; v++) {
      float scale = Iq2SBlocks.scale(d, block[SCALES + v / 4], v);
      int word = LittleEndian.u16(block, CODES + 2 * v);
      Codebook.IQ2_XS.put(word & 511, scale, Codebook.signs(word >> 9), values, 8 * v);
    }
  }

  @Override
  public void encode(VectorBlock block, byte[] bytes) {
    block.putHalfAndNibbles(bytes, SCALES);
    for (int v = 0; v < VECTORS; v++) {
      VectorBlock.put16(bytes, CODES + 2 * v, block.code(v) | ((block.signs(v) & 127) << 9));
    }
  }
}
