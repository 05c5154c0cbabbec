// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.gguf.decode.LittleEndian;

/**
 * Q4_0, Q4_1, Q5_0, Q5_1: 32 columns; d, the minimum where there is one, 32 fifth bits where there
 * are (bit j that of column j), then 16 bytes, the low nibble of byte j column j, the high one
 * column j + 16.
 */
public final class NibbleBlocks implements BlockCodec {
  private static final int HALF = 16;

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    boolean fifth = row.grid().bits() == 5;
    byte[] codes = row.codes();
    int at = 0;
    for (int block = 0; block < row.blocks(); block++) {
      BlockCodec.putHalf(bytes, at, row.scales()[block]);
      at += 2;
      if (row.grid().hasMinimums()) {
        BlockCodec.putHalf(bytes, at, row.minimums()[block]);
        at += 2;
      }
      int first = block * 2 * HALF;
      if (fifth) {
        int bits = 0;
        for (int j = 0; j < 2 * HALF; j++) {
          bits |= (codes[first + j] >> 4 & 1) << j;
        }
        for (int k = 0; k < 4; k++) {
          bytes[at++] = (byte) (bits >> (8 * k));
        }
      }
      for (int j = 0; j < HALF; j++) {
        bytes[at++] = (byte) ((codes[first + j] & 15) | (codes[first + j + HALF] << 4));
      }
    }
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    boolean fifth = row.grid().bits() == 5;
    byte[] codes = row.codes();
    int at = 0;
    for (int block = 0; block < row.blocks(); block++) {
      row.scales()[block] = LittleEndian.half(bytes, at);
      at += 2;
      row.minimums()[block] = 0;
      if (row.grid().hasMinimums()) {
        row.minimums()[block] = LittleEndian.half(bytes, at);
        at += 2;
      }
      int bits = 0;
      for (int k = 0; fifth && k < 4; k++) {
        bits |= (bytes[at++] & 0xff) << (8 * k);
      }
      int first = block * 2 * HALF;
      for (int j = 0; j < HALF; j++) {
        int both = bytes[at++];
        codes[first + j] = (byte) ((both & 15) | (((bits >> j) & 1) << 4));
        codes[first + j + HALF] = (byte) (((both >> 4) & 15) | (((bits >> (j + HALF)) & 1) << 4));
      }
    }
  }
}
