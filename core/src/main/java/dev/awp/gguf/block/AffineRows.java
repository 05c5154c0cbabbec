// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.gguf.codec.BlockCodec;
import dev.awp.gguf.codec.BlockRow;
import java.lang.foreign.MemorySegment;

/** The rows of a type on a {@link BlockGrid}: codes and scales, by its layout of a block. */
final class AffineRows implements BlockRows {
  private final BlockCodec codec;
  private final BlockRow row;
  private final byte[] bytes;

  AffineRows(BlockGrid grid, BlockCodec codec, int columns, int paddedColumns, int rowBytes) {
    this.codec = codec;
    this.row = new BlockRow(grid, codec.zero(grid), columns, paddedColumns);
    this.bytes = new byte[rowBytes];
  }

  /** What was read last. */
  BlockRow row() {
    return row;
  }

  @Override
  public void begin(GridParameters parameters) {
    row.begin(parameters);
  }

  @Override
  public void write(
      MemorySegment values, GridParameters parameters, int index, MemorySegment stored) {
    row.take(values, parameters, index);
    pack(stored);
  }

  @Override
  public void writeZeros(MemorySegment stored) {
    row.clear();
    pack(stored);
  }

  /** Writes the row as it is. */
  void pack(MemorySegment stored) {
    codec.pack(row, bytes);
    MemorySegment.copy(bytes, 0, stored, JAVA_BYTE, 0, bytes.length);
  }

  @Override
  public void read(MemorySegment stored, MemorySegment values) {
    MemorySegment.copy(stored, JAVA_BYTE, 0, bytes, 0, bytes.length);
    codec.unpack(bytes, row);
    row.give(values);
  }
}
