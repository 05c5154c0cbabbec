// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.gguf.decode.LittleEndian;

/**
 * Q3_K: 256 columns; 32 bytes of third bits, 64 bytes of two-bit codes, 12 bytes of sixteen six-bit
 * scales (plus 32), d. Bit k of third-bit byte l is that of column 32 k + l. Bits 2 k, 2 k + 1 of
 * byte 32 n + l are the low bits of column 128 n + 32 k + l. Scale j has its low four bits in byte
 * j mod 8, in the low nibble where j is below 8, and its high two in byte 8 + j mod 4, at 2 (j /
 * 4).
 */
public final class Q3Blocks implements BlockCodec {
  private static final int COLUMNS = 256;
  private static final int GROUPS = 16;
  private static final int BYTES = 110;
  private static final int CODES = 32;
  private static final int SCALES = 96;
  private static final int D = 108;
  private static final int BIAS = 32;

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    java.util.Arrays.fill(bytes, (byte) 0);
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      int first = block * COLUMNS;
      for (int j = 0; j < COLUMNS; j++) {
        int code = row.codes()[first + j];
        bytes[at + j % 32] |= (byte) (((code >> 2) & 1) << (j / 32));
        bytes[at + CODES + 32 * (j / 128) + j % 32] |= (byte) ((code & 3) << (2 * (j / 32 % 4)));
      }
      for (int j = 0; j < GROUPS; j++) {
        int scale = row.factor(block * GROUPS + j) + BIAS;
        bytes[at + SCALES + j % 8] |= (byte) ((scale & 15) << (j < 8 ? 0 : 4));
        bytes[at + SCALES + 8 + j % 4] |= (byte) ((scale >> 4) << (2 * (j / 4)));
      }
      BlockCodec.putHalf(bytes, at + D, row.superScales()[block]);
    }
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    byte[] codes = row.codes();
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * BYTES;
      int first = block * COLUMNS;
      for (int k = 0; k < 8; k++) {
        int low = at + CODES + 32 * (k / 4);
        for (int l = 0; l < 32; l++) {
          int code = ((bytes[low + l] >> (2 * (k % 4))) & 3) | (((bytes[at + l] >> k) & 1) << 2);
          codes[first + 32 * k + l] = (byte) code;
        }
      }
      float d = LittleEndian.half(bytes, at + D);
      row.superScales()[block] = d;
      for (int j = 0; j < GROUPS; j++) {
        int low = bytes[at + SCALES + j % 8] >> (j < 8 ? 0 : 4) & 15;
        int high = (bytes[at + SCALES + 8 + j % 4] >> (2 * (j / 4))) & 3;
        row.scales()[block * GROUPS + j] = ((low | high << 4) - BIAS) * d;
        row.minimums()[block * GROUPS + j] = 0;
      }
    }
  }
}
