// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.gguf.decode.LittleEndian;
import java.util.Arrays;

/**
 * IQ4_XS: 256 columns in eight groups; d, the high bit pairs of eight scales (two bytes, from the
 * low bits on), their low nibbles (four bytes), then 16 bytes a group as in IQ4_NL. A value is d
 * (scale - 32) level.
 */
public final class Iq4XsBlocks implements BlockCodec {
  private static final int GROUP = 32;
  private static final int GROUPS = 8;
  private static final int BYTES = 136;
  private static final int HIGH = 2;
  private static final int LOW = 4;
  private static final int CODES = 8;
  private static final int BIAS = 32;

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    Arrays.fill(bytes, (byte) 0);
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      BlockCodec.putHalf(bytes, at, row.superScales()[block]);
      for (int g = 0; g < GROUPS; g++) {
        int group = block * GROUPS + g;
        int scale = row.factor(group) + BIAS;
        bytes[at + HIGH + g / 4] |= (byte) ((scale >> 4) << (2 * (g % 4)));
        bytes[at + LOW + g / 2] |= (byte) ((scale & 15) << (4 * (g % 2)));
        Nibbles.pack(row, group * GROUP, bytes, at + CODES + GROUP / 2 * g, GROUP / 2);
      }
    }
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      float d = LittleEndian.half(bytes, at);
      row.superScales()[block] = d;
      for (int g = 0; g < GROUPS; g++) {
        int group = block * GROUPS + g;
        int low = (bytes[at + LOW + g / 2] >> (4 * (g % 2))) & 15;
        int high = (bytes[at + HIGH + g / 4] >> (2 * (g % 4))) & 3;
        row.scales()[group] = ((low | high << 4) - BIAS) * d;
        Nibbles.unpack(bytes, at + CODES + GROUP / 2 * g, GROUP / 2, row, group * GROUP);
      }
    }
  }
}
