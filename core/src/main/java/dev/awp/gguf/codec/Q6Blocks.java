// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.gguf.decode.LittleEndian;

/**
 * Q6_K: 256 columns; 128 bytes of low nibbles, 64 bytes of high bit pairs, sixteen signed bytes of
 * scales, d. Of column 128 n + 32 k + l the low four bits are in byte 64 n + 32 (k mod 2) + l, in
 * the low nibble where k is below 2, and the high two in byte 32 n + l, at bit 2 k.
 */
public final class Q6Blocks implements BlockCodec {
  private static final int COLUMNS = 256;
  private static final int GROUPS = 16;
  private static final int BYTES = 210;
  private static final int HIGH = 128;
  private static final int SCALES = 192;
  private static final int D = 208;

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    java.util.Arrays.fill(bytes, (byte) 0);
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      for (int j = 0; j < COLUMNS; j++) {
        int code = row.codes()[block * COLUMNS + j];
        bytes[at + low(j)] |= (byte) ((code & 15) << (4 * (j / 64 % 2)));
        bytes[at + HIGH + 32 * (j / 128) + j % 32] |= (byte) ((code >> 4) << (2 * (j / 32 % 4)));
      }
      for (int j = 0; j < GROUPS; j++) {
        bytes[at + SCALES + j] = (byte) row.factor(block * GROUPS + j);
      }
      BlockCodec.putHalf(bytes, at + D, row.superScales()[block]);
    }
  }

  private static int low(int column) {
    return 64 * (column / 128) + column % 64;
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    byte[] codes = row.codes();
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      for (int k = 0; k < 8; k++) {
        int low = at + low(32 * k);
        int high = at + HIGH + 32 * (k / 4);
        int to = block * COLUMNS + 32 * k;
        for (int l = 0; l < 32; l++) {
          int code = (bytes[low + l] >> (4 * (k / 2 % 2))) & 15;
          codes[to + l] = (byte) (code | (((bytes[high + l] >> (2 * (k % 4))) & 3) << 4));
        }
      }
      float d = LittleEndian.half(bytes, at + D);
      row.superScales()[block] = d;
      for (int j = 0; j < GROUPS; j++) {
        row.scales()[block * GROUPS + j] = bytes[at + SCALES + j] * d;
        row.minimums()[block * GROUPS + j] = 0;
      }
    }
  }
}
