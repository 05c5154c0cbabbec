// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import dev.awp.checkpoint.TensorView;
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
    return strips(view, 0, 0, 1, count)[0];
  }

  /**
   * Words of a tensor that lie in strips: the same words of consecutive rows of a matrix.
   *
   * @param first word of the first strip
   * @param stride words from one strip to the next
   * @param strips number of strips
   * @param width words of a strip
   */
  static int[][] strips(TensorView view, long first, int stride, int strips, int width) {
    view.checkPresent();
    int[][] words = new int[strips][width];
    for (int i = 0; i < strips; i++) {
      view.copyInts(first + (long) i * stride, words[i], 0, width);
    }
    return words;
  }

  /** The unsigned number of that many bits that begins at a bit, least significant first. */
  static int bits(int[] words, long bit, int count) {
    int word = (int) (bit / Integer.SIZE);
    int shift = (int) (bit % Integer.SIZE);
    long value = words[word] & 0xffffffffL;
    if (shift + count > Integer.SIZE) {
      value |= (words[word + 1] & 0xffffffffL) << Integer.SIZE;
    }
    return (int) (value >>> shift) & ((1 << count) - 1);
  }
}
