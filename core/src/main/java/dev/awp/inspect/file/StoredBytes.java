// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.stored.TensorView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Stored bytes and words, copied before anything is made of them. */
final class StoredBytes {
  private StoredBytes() {}

  /** A copy of some bytes of a tensor. */
  static MemorySegment copy(TensorView view, long from, long bytes, SegmentAllocator allocator) {
    view.checkPresent();
    MemorySegment copy = allocator.allocate(bytes, 8);
    view.copyTo(from, copy);
    return copy;
  }

  /** The first 32-bit words of a tensor. */
  static int[] words(TensorView view, int count) {
    view.checkPresent();
    int[] words = new int[count];
    view.copyInts(0, words, 0, count);
    return words;
  }
}
