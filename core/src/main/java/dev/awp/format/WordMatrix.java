// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** A matrix of 32-bit words as it is stored, row by row, little-endian, that is filled. */
final class WordMatrix {
  private static final ValueLayout.OfInt WORD =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment bytes;
  private final int columns;

  WordMatrix(int rows, int columns, SegmentAllocator allocator) {
    this.bytes = allocator.allocate((long) rows * columns * Integer.BYTES, Long.BYTES);
    this.columns = columns;
  }

  /** The stored bytes. */
  MemorySegment bytes() {
    return bytes;
  }

  /** Sets consecutive words of a row. */
  void set(int row, int column, int[] words, int from, int count) {
    long at = ((long) row * columns + column) * Integer.BYTES;
    MemorySegment.copy(words, from, bytes, WORD, at, count);
  }

  void set(int row, int column, int word) {
    bytes.set(WORD, ((long) row * columns + column) * Integer.BYTES, word);
  }
}
