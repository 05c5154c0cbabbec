// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.gguf.decode.LittleEndian;
import java.util.Arrays;

/**
 * Q1_0, Q2_0 and TQ2_0: d before or behind the codes, which have one or two bits.
 *
 * @param stride so many columns in a row have their codes in as many bytes, the next ones in the
 *     next bits of the same bytes
 * @param scaleFirst whether d comes first
 */
public record BitBlocks(int stride, boolean scaleFirst) implements BlockCodec {
  private static final int SCALE = 2;

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    Arrays.fill(bytes, (byte) 0);
    int columns = row.grid().groupColumns();
    int codeBytes = columns * row.grid().bits() / Byte.SIZE;
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * (SCALE + codeBytes);
      BlockCodec.putHalf(bytes, scaleFirst ? at : at + codeBytes, row.scales()[block]);
      pack(row, block * columns, columns, stride, bytes, scaleFirst ? at + SCALE : at);
    }
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    int columns = row.grid().groupColumns();
    int codeBytes = columns * row.grid().bits() / Byte.SIZE;
    for (int block = 0; block < row.blocks(); block++) {
      int at = block * (SCALE + codeBytes);
      row.scales()[block] = LittleEndian.half(bytes, scaleFirst ? at : at + codeBytes);
      unpack(bytes, scaleFirst ? at + SCALE : at, stride, row, block * columns, columns);
    }
  }

  /** Packs the codes of some columns into bytes that are zero. */
  static void pack(BlockRow row, int first, int columns, int stride, byte[] bytes, int at) {
    int bits = row.grid().bits();
    int perByte = Byte.SIZE / bits;
    for (int j = 0; j < columns; j++) {
      int code = row.codes()[first + j] << (bits * (j / stride % perByte));
      bytes[at + stride * (j / (stride * perByte)) + j % stride] |= (byte) code;
    }
  }

  /** Unpacks as many. */
  static void unpack(byte[] bytes, int at, int stride, BlockRow row, int first, int columns) {
    int bits = row.grid().bits();
    int perByte = Byte.SIZE / bits;
    for (int j = 0; j < columns; j++) {
      int code = bytes[at + stride * (j / (stride * perByte)) + j % stride];
      int shifted = code >> (bits * (j / stride % perByte));
      row.codes()[first + j] = (byte) (shifted & ((1 << bits) - 1));
    }
  }
}
