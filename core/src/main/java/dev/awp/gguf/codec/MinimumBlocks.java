// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.gguf.decode.LittleEndian;

/**
 * Q4_K and Q5_K: 256 columns; d, dmin, 12 bytes of eight six-bit scales and minimums, 32 bytes of
 * fifth bits (Q5_K), 128 bytes of nibbles. Byte 32 k + l has column 64 k + l in its low nibble and
 * column 64 k + 32 + l in its high one; their fifth bits are bits 2 k and 2 k + 1 of fifth-bit byte
 * l. Scale and minimum j below 4 are the low six bits of bytes j and 4 + j; of j from 4 on the low
 * four bits are the nibbles of byte 4 + j, the high two the top bits of bytes j - 4 and j.
 */
public final class MinimumBlocks implements BlockCodec {
  private static final int COLUMNS = 256;
  private static final int GROUPS = 8;
  private static final int FACTORS = 4;
  private static final int REST = 16;

  private static int blockBytes(boolean fifth) {
    return fifth ? 176 : 144;
  }

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    boolean fifth = row.grid().bits() == 5;
    java.util.Arrays.fill(bytes, (byte) 0);
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * blockBytes(fifth);
      BlockCodec.putHalf(bytes, at, row.superScales()[block]);
      BlockCodec.putHalf(bytes, at + 2, row.superMinimums()[block]);
      for (int j = 0; j < GROUPS; j++) {
        putFactors(
            bytes,
            at + FACTORS,
            j,
            row.factor(block * GROUPS + j),
            row.minimumFactor(block * GROUPS + j));
      }
      int nibbles = at + REST + (fifth ? 32 : 0);
      for (int j = 0; j < COLUMNS; j++) {
        int code = row.codes()[block * COLUMNS + j];
        bytes[nibbles + 32 * (j / 64) + j % 32] |= (byte) ((code & 15) << (4 * (j / 32 % 2)));
        if (fifth) {
          bytes[at + REST + j % 32] |= (byte) (((code >> 4) & 1) << (j / 32));
        }
      }
    }
  }

  private static void putFactors(byte[] bytes, int at, int j, int scale, int minimum) {
    if (j < 4) {
      bytes[at + j] |= (byte) scale;
      bytes[at + j + 4] |= (byte) minimum;
    } else {
      bytes[at + j + 4] |= (byte) ((scale & 15) | ((minimum & 15) << 4));
      bytes[at + j - 4] |= (byte) (scale >> 4 << 6);
      bytes[at + j] |= (byte) (minimum >> 4 << 6);
    }
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    boolean fifth = row.grid().bits() == 5;
    byte[] codes = row.codes();
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * blockBytes(fifth);
      float d = LittleEndian.half(bytes, at);
      float dmin = LittleEndian.half(bytes, at + 2);
      row.superScales()[block] = d;
      row.superMinimums()[block] = dmin;
      for (int j = 0; j < GROUPS; j++) {
        row.scales()[block * GROUPS + j] = scale(bytes, at + FACTORS, j) * d;
        row.minimums()[block * GROUPS + j] = 0f - minimum(bytes, at + FACTORS, j) * dmin;
      }
      int nibbles = at + REST + (fifth ? 32 : 0);
      for (int k = 0; k < 4; k++) {
        int to = block * COLUMNS + 64 * k;
        for (int l = 0; l < 32; l++) {
          int both = bytes[nibbles + 32 * k + l];
          int high = fifth ? bytes[at + REST + l] >> (2 * k) : 0;
          codes[to + l] = (byte) ((both & 15) | ((high & 1) << 4));
          codes[to + 32 + l] = (byte) (((both >> 4) & 15) | (((high >> 1) & 1) << 4));
        }
      }
    }
  }

  private static int scale(byte[] bytes, int at, int j) {
    return j < 4
        ? bytes[at + j] & 63
        : (bytes[at + j + 4] & 15) | (((bytes[at + j - 4] >> 6) & 3) << 4);
  }

  private static int minimum(byte[] bytes, int at, int j) {
    return j < 4
        ? bytes[at + j + 4] & 63
        : ((bytes[at + j + 4] >> 4) & 15) | (((bytes[at + j] >> 6) & 3) << 4);
  }
}
