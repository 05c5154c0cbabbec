// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.gguf.decode.LittleEndian;
import java.util.Arrays;

/**
 * Q2_K: 256 columns; 16 bytes of a scale (low four bits) and a minimum for 16 columns each, 64
 * bytes of codes, d, dmin. Column 128 n + 32 k + l has bits 2 k and 2 k + 1 of byte 32 n + l. A
 * value is d scale code - dmin minimum.
 */
public final class Q2Blocks implements BlockCodec {
  private static final int COLUMNS = 256;
  private static final int GROUPS = 16;
  private static final int STRIDE = 32;
  private static final int BYTES = 84;
  private static final int CODES = 16;
  private static final int D = 80;
  private static final int D_MIN = 82;

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    Arrays.fill(bytes, (byte) 0);
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      for (int g = 0; g < GROUPS; g++) {
        int group = block * GROUPS + g;
        bytes[at + g] = (byte) (row.factor(group) | (row.minimumFactor(group) << 4));
      }
      BitBlocks.pack(row, block * COLUMNS, COLUMNS, STRIDE, bytes, at + CODES);
      BlockCodec.putHalf(bytes, at + D, row.superScales()[block]);
      BlockCodec.putHalf(bytes, at + D_MIN, row.superMinimums()[block]);
    }
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      float d = LittleEndian.half(bytes, at + D);
      float dmin = LittleEndian.half(bytes, at + D_MIN);
      row.superScales()[block] = d;
      row.superMinimums()[block] = dmin;
      for (int g = 0; g < GROUPS; g++) {
        int both = bytes[at + g];
        row.scales()[block * GROUPS + g] = (both & 15) * d;
        row.minimums()[block * GROUPS + g] = 0f - ((both >> 4) & 15) * dmin;
      }
      BitBlocks.unpack(bytes, at + CODES, STRIDE, row, block * COLUMNS, COLUMNS);
    }
  }
}
