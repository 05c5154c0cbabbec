// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.gguf.decode.BlockDecoder;
import java.lang.foreign.MemorySegment;

/** The rows of a type as they are read, block by block. */
final class DecodedRows implements RowReader {
  private final BlockDecoder decoder;
  private final int columns;
  private final byte[] block;
  private final float[] values;

  /**
   * For rows of that length.
   *
   * @param columns that hold values
   */
  DecodedRows(BlockDecoder decoder, int blockColumns, int blockBytes, int columns) {
    this.decoder = decoder;
    this.columns = columns;
    this.block = new byte[blockBytes];
    this.values = new float[blockColumns];
  }

  @Override
  public void read(MemorySegment stored, MemorySegment row) {
    long from = 0;
    for (int first = 0; first < columns; first += values.length) {
      MemorySegment.copy(stored, JAVA_BYTE, from, block, 0, block.length);
      decoder.decode(block, values);
      int count = Math.min(values.length, columns - first);
      MemorySegment.copy(values, 0, row, JAVA_FLOAT, (long) first * Float.BYTES, count);
      from += block.length;
    }
  }
}
