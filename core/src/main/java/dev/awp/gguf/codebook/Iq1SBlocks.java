// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codebook;

import dev.awp.constraint.codebook.Codebook;
import dev.awp.gguf.decode.LittleEndian;

/**
 * IQ1_S: 256 columns in eight groups; d, 32 low bytes of eleven-bit codes for eight columns each,
 * then a word a group of four codes' high bits, three bits of scale and the sign of the shift. A
 * value is d (2 scale + 1) times the vector's shifted by 1/8.
 */
public final class Iq1SBlocks implements CodebookCodec {
  static final float SHIFT = 0.125f;

  private static final int GROUPS = 8;
  private static final int CODES = 2;
  private static final int WORDS = 34;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, 0);
    for (int g = 0; g < GROUPS; g++) {
      int word = LittleEndian.u16(block, WORDS + 2 * g);
      float scale = d * (2 * ((word >> 12) & 7) + 1);
      float shift = (word & 0x8000) == 0 ? SHIFT : -SHIFT;
      for (int l = 0; l < 4; l++) {
        int code = (block[CODES + 4 * g + l] & 0xff) | (((word >> (3 * l)) & 7) << 8);
        Codebook.IQ1.putShifted(code, scale, shift, values, 32 * g + 8 * l);
      }
    }
  }

  @Override
  public void encode(VectorBlock block, byte[] bytes) {
    VectorBlock.put16(bytes, 0, block.half());
    for (int g = 0; g < GROUPS; g++) {
      int word = (block.scale(g) << 12) | (block.signs(4 * g) << 15);
      for (int l = 0; l < 4; l++) {
        bytes[CODES + 4 * g + l] = (byte) block.code(4 * g + l);
        word |= (block.code(4 * g + l) >> 8) << (3 * l);
      }
      VectorBlock.put16(bytes, WORDS + 2 * g, word);
    }
  }
}
