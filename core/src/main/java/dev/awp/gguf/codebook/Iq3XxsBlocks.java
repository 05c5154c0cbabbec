// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codebook;

import dev.awp.constraint.codebook.Codebook;
import dev.awp.gguf.decode.LittleEndian;

/**
 * IQ3_XXS: 256 columns in eight groups; d, 64 codes of four columns each, then a word a group of
 * four times seven signs, for eight columns each, and four bits of scale. A value is d (scale +
 * 1/2) / 2 times the vector's.
 */
public final class Iq3XxsBlocks implements CodebookCodec {
  private static final int GROUPS = 8;
  private static final int CODES = 2;
  private static final int WORDS = 66;

  @Override
  public void decode(byte[] block, float[] values) {
    float d = LittleEndian.half(block, 0);
    for (int g = 0; g < GROUPS; g++) {
      int word = LittleEndian.i32(block, WORDS + 4 * g);
      float scale = d * (0.5f + (word >>> 28)) * 0.5f;
      for (int l = 0; l < 4; l++) {
        int signs = Codebook.signs(word >> (7 * l));
        int from = CODES + 8 * g + 2 * l;
        int to = 32 * g + 8 * l;
        Codebook.IQ3_XXS.put(block[from] & 0xff, scale, signs, values, to);
        Codebook.IQ3_XXS.put(block[from + 1] & 0xff, scale, signs >> 4, values, to + 4);
      }
    }
  }

  @Override
  public void encode(VectorBlock block, byte[] bytes) {
    VectorBlock.put16(bytes, 0, block.half());
    for (int g = 0; g < GROUPS; g++) {
      int word = block.scale(g) << 28;
      for (int l = 0; l < 4; l++) {
        int v = 8 * g + 2 * l;
        bytes[CODES + v] = (byte) block.code(v);
        bytes[CODES + v + 1] = (byte) block.code(v + 1);
        word |= ((block.signs(v) | (block.signs(v + 1) << 4)) & 127) << (7 * l);
      }
      VectorBlock.put32(bytes, WORDS + 4 * g, word);
    }
  }
}
