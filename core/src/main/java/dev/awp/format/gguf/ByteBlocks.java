// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

/** Q8_0: 32 columns; d, then a signed byte a column, code - zero. */
final class ByteBlocks implements BlockCodec {
  private static final int COLUMNS = 32;

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    int at = 0;
    for (int block = 0; block < row.blocks(); block++) {
      BlockCodec.putHalf(bytes, at, row.scales()[block]);
      at += 2;
      for (int j = 0; j < COLUMNS; j++) {
        int code = row.codes()[block * COLUMNS + j] & 0xff;
        bytes[at++] = (byte) (code - row.grid().zero());
      }
    }
  }

  /** A byte of -128, which awp does not write, is the code 255: one step further down. */
  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    int at = 0;
    for (int block = 0; block < row.blocks(); block++) {
      row.scales()[block] = BlockCodec.half(bytes, at);
      row.minimums()[block] = 0;
      at += 2;
      for (int j = 0; j < COLUMNS; j++) {
        row.codes()[block * COLUMNS + j] = (byte) (bytes[at++] + row.grid().zero());
      }
    }
  }
}
