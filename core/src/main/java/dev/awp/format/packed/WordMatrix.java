// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** A matrix of 32-bit words as it is stored, row by row, little-endian, that is filled. */
public final class WordMatrix {
  private static final ValueLayout.OfInt WORD =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment bytes;
  private final int columns;

  public WordMatrix(int rows, int columns, SegmentAllocator allocator) {
    this.bytes = allocator.allocate((long) rows * columns * Integer.BYTES, Long.BYTES);
    this.columns = columns;
  }

  /** The stored bytes. */
  public MemorySegment bytes() {
    return bytes;
  }

  /** Sets consecutive words of a row. */
  public void set(int row, int column, int[] words, int from, int count) {
    long at = ((long) row * columns + column) * Integer.BYTES;
    MemorySegment.copy(words, from, bytes, WORD, at, count);
  }

  public void set(int row, int column, int word) {
    bytes.set(WORD, ((long) row * columns + column) * Integer.BYTES, word);
  }
}
