// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.awp.stored.StackSlice;
import dev.awp.stored.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Bytes of tensors whose elements lie among those of others. */
final class Strided {
  private Strided() {}

  /**
   * Puts elements to their places.
   *
   * @param bytes of the tensor, row after row
   * @param place from its first element to its last one
   */
  static void scatter(MemorySegment bytes, MemorySegment place, TensorSpec tensor) {
    copy(tensor, (at, there, size) -> MemorySegment.copy(bytes, at, place, there, size));
  }

  /** Fetches elements from their places, row after row. */
  static MemorySegment gather(MemorySegment place, TensorSpec tensor, Arena arena) {
    MemorySegment bytes = arena.allocate(tensor.byteSize(), Long.BYTES);
    copy(
        tensor,
        (at, there, size) ->
            MemorySegment.copy(place, JAVA_BYTE, there, bytes, JAVA_BYTE, at, size));
    return bytes;
  }

  private interface Copy {
    void element(long at, long there, int size);
  }

  private static void copy(TensorSpec tensor, Copy copy) {
    StackSlice slice = tensor.slice().orElseThrow();
    int size = tensor.dtype().bits() / 8;
    long at = 0;
    for (long r = 0; r < slice.rows(); r++) {
      for (long c = 0; c < slice.columns(); c++) {
        copy.element(at, (r * slice.rowStride() + c * slice.columnStride()) * size, size);
        at += size;
      }
    }
  }
}
