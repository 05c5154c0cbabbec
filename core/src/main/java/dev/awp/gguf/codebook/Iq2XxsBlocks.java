// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codebook;

import dev.awp.constraint.codebook.Codebook;
import dev.awp.gguf.decode.LittleEndian;

/**
 * IQ2_XXS: 256 columns in eight groups; d, then eight bytes a group: four codes of eight columns
 * each, and a word of four times seven signs and four bits of scale. A value is d (scale + 1/2) / 4
 * times the vector's.
 */
public final class Iq2XxsBlocks implements CodebookCodec {
  private static final int GROUPS = 8;
  private static final int CODES = 2;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, 0);
    for (int g = 0; g < GROUPS; g++) {
      int at = CODES + 8 * g;
      int word = LittleEndian.i32(block, at + 4);
      float scale = d * (0.5f + (word >>> 28)) * 0.25f;
      for (int l = 0; l < 4; l++) {
        int signs = Codebook.signs(word >> (7 * l));
        Codebook.IQ2_XXS.put(block[at + l] & 0xff, scale, signs, values, 32 * g + 8 * l);
      }
    }
  }

  @Override
  public void encode(VectorBlock block, byte[] bytes) {
    VectorBlock.put16(bytes, 0, block.half());
    for (int g = 0; g < GROUPS; g++) {
      int word = block.scale(g) << 28;
      for (int l = 0; l < 4; l++) {
        bytes[CODES + 8 * g + l] = (byte) block.code(4 * g + l);
        word |= (block.signs(4 * g + l) & 127) << (7 * l);
      }
      VectorBlock.put32(bytes, CODES + 8 * g + 4, word);
    }
  }
}
