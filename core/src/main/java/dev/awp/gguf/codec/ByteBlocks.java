// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.constraint.block.BlockGrid;
import dev.awp.gguf.decode.LittleEndian;

/**
 * Q8_0: 32 columns; d, then a signed byte a column. awp writes none of -128, and reads them, so the
 * codes are the bytes and 128 here, not the solver's.
 */
public final class ByteBlocks implements BlockCodec {
  /** The code of 0. */
  private static final int ZERO = 128;

  private static final int COLUMNS = 32;

  @Override
  public int zero(BlockGrid grid) {
    return ZERO;
  }

  @Override
  public void pack(BlockRow row, byte[] bytes) {
    int at = 0;
    for (int block = 0; block < row.blocks(); block++) {
      BlockCodec.putHalf(bytes, at, row.scales()[block]);
      at += 2;
      for (int j = 0; j < COLUMNS; j++) {
        bytes[at++] = (byte) (row.codes()[block * COLUMNS + j] - ZERO);
      }
    }
  }

  @Override
  public void unpack(byte[] bytes, BlockRow row) {
    int at = 0;
    for (int block = 0; block < row.blocks(); block++) {
      row.scales()[block] = LittleEndian.half(bytes, at);
      row.minimums()[block] = 0;
      at += 2;
      for (int j = 0; j < COLUMNS; j++) {
        row.codes()[block * COLUMNS + j] = (byte) (bytes[at++] + ZERO);
      }
    }
  }
}
