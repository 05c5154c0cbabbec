// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.awp.AwpException;
import dev.awp.checkpoint.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Reads stored bytes so that a file that shrank is an error in words and not the end of the JVM.
 */
final class StoredBytes {
  private static final ValueLayout.OfInt LITTLE_ENDIAN_INT =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private StoredBytes() {}

  /** A copy of some bytes of a tensor. */
  static MemorySegment copy(TensorView view, long from, long bytes, SegmentAllocator allocator) {
    view.checkPresent();
    try {
      return allocator.allocate(bytes, 8).copyFrom(view.data().asSlice(from, bytes));
    } catch (InternalError e) {
      throw unreadable(view, e);
    }
  }

  /** Some 32-bit words of a tensor. */
  static int[] words(TensorView view, long firstWord, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes =
          copy(view, firstWord * Integer.BYTES, (long) count * Integer.BYTES, arena);
      return bytes.toArray(LITTLE_ENDIAN_INT);
    }
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
    try (Arena arena = Arena.ofConfined()) {
      long bytes = (long) width * Integer.BYTES;
      MemorySegment strip = arena.allocate(bytes, 8);
      for (int i = 0; i < strips; i++) {
        long from = (first + (long) i * stride) * Integer.BYTES;
        strip.copyFrom(view.data().asSlice(from, bytes));
        MemorySegment.copy(strip, LITTLE_ENDIAN_INT, 0, words[i], 0, width);
      }
      return words;
    } catch (InternalError e) {
      throw unreadable(view, e);
    }
  }

  private static AwpException unreadable(TensorView view, InternalError e) {
    return new AwpException(
        view.file() + ": tensor " + view.name() + " cannot be read: " + e.getMessage(), e);
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
