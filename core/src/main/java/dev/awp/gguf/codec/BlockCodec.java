// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.codec;

import dev.awp.constraint.block.BlockGrid;

/** How the codes and scales of a row's blocks lie in bytes. */
public interface BlockCodec {
  /** Packs all blocks of a row. */
  void pack(BlockRow row, byte[] bytes);

  /** Unpacks all blocks of a row, whatever the bytes are. */
  void unpack(byte[] bytes, BlockRow row);

  /** The code of 0 as {@link BlockRow} has it. */
  default int zero(BlockGrid grid) {
    return grid.zero();
  }

  /** Puts a number that binary16 holds exactly. */
  static void putHalf(byte[] bytes, int at, float value) {
    short bits = Float.floatToFloat16(value);
    bytes[at] = (byte) bits;
    bytes[at + 1] = (byte) (bits >> 8);
  }
}
