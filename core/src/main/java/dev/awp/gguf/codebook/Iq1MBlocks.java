// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codebook;

import dev.awp.constraint.codebook.Codebook;
import dev.awp.gguf.decode.LittleEndian;

/**
 * IQ1_M: 256 columns; 32 low bytes of eleven-bit codes for eight columns each, 16 bytes of nibbles
 * of a code's high bits and the sign of its shift, then four words of four scales of three bits,
 * each for 16 columns, whose top nibbles are d from the low bits on. A value is d (2 scale + 1)
 * times the vector's shifted by 1/8.
 */
public final class Iq1MBlocks implements CodebookCodec {
  private static final int VECTORS = 32;
  private static final int HIGH = 32;
  private static final int WORDS = 48;

  @Override
  public void decode(byte[] block, float[] values) {
    int bits = 0;
    for (int k = 0; k < 4; k++) {
      bits |= (LittleEndian.u16(block, WORDS + 2 * k) >> 12) << (4 * k);
    }
    float d = Float.float16ToFloat((short) bits);
    for (int v = 0; v < VECTORS; v++) {
      int word = LittleEndian.u16(block, WORDS + 2 * (v / 8));
      float scale = d * (2 * ((word >> (3 * (v / 2 % 4))) & 7) + 1);
      int nibble = block[HIGH + v / 2] >> (4 * (v % 2));
      float shift = (nibble & 8) == 0 ? Iq1SBlocks.SHIFT : -Iq1SBlocks.SHIFT;
      int code = (block[v] & 0xff) | ((nibble & 7) << 8);
      Codebook.IQ1.putShifted(code, scale, shift, values, 8 * v);
    }
  }

  @Override
  public void encode(VectorBlock block, byte[] bytes) {
    for (int v = 0; v < VECTORS; v++) {
      int nibble = (block.code(v) >> 8) | (block.signs(v) << 3);
      bytes[v] = (byte) block.code(v);
      bytes[HIGH + v / 2] |= (byte) (nibble << (4 * (v % 2)));
    }
    for (int k = 0; k < 4; k++) {
      int word = ((block.half() >> (4 * k)) & 15) << 12;
      for (int l = 0; l < 4; l++) {
        word |= block.scale(4 * k + l) << (3 * l);
      }
      VectorBlock.put16(bytes, WORDS + 2 * k, word);
    }
  }
}
