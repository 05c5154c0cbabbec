// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import dev.awp.AwpException;
import dev.awp.kernel.Kernels;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Whether two tensors are the same, read piece by piece and no further than to a difference. */
final class SameTensor {
  private static final int PIECE_BYTES = 1 << 20;
  private static final int PIECE_ROWS = 64;

  private SameTensor() {}

  /** Whether type, shape and all stored bytes are the same. */
  static boolean bytes(TensorView a, TensorView b) {
    if (a.dtype() != b.dtype() || !a.shape().equals(b.shape())) {
      return false;
    }
    long size = a.data().byteSize();
    a.checkPresent();
    b.checkPresent();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment first = arena.allocate(Math.min(size, PIECE_BYTES), 64);
      MemorySegment second = arena.allocate(Math.min(size, PIECE_BYTES), 64);
      for (long at = 0; at < size; at += PIECE_BYTES) {
        long length = Math.min(PIECE_BYTES, size - at);
        MemorySegment ofFirst = first.asSlice(0, length);
        MemorySegment ofSecond = second.asSlice(0, length);
        a.copyTo(at, ofFirst);
        b.copyTo(at, ofSecond);
        if (ofFirst.mismatch(ofSecond) >= 0) {
          return false;
        }
      }
    }
    a.release();
    b.release();
    return true;
  }

  /** Whether shape and all values are the same, of matrices in whatever types they are stored. */
  static boolean values(StoredTensor a, StoredTensor b) {
    boolean matrices = a.shape().size() == 2 && b.shape().size() == 2;
    if (!matrices || !a.shape().equals(b.shape())) {
      return false;
    }
    if (a instanceof TensorView first
        && b instanceof TensorView second
        && first.dtype() == second.dtype()) {
      return bytes(first, second);
    }
    if (!a.type().isComputable() || !b.type().isComputable()) {
      return false;
    }
    Kernels kernels = ScalarKernels.create();
    TensorReader reader = new TensorReader(kernels);
    if (a.shape().stream().anyMatch(size -> size < 1 || size > Integer.MAX_VALUE)) {
      return false; // no model has such, and the check of shapes says so
    }
    int rows = (int) (long) a.shape().getFirst();
    int columns = (int) (long) a.shape().getLast();
    for (int row = 0; row < rows; row += PIECE_ROWS) {
      int count = Math.min(PIECE_ROWS, rows - row);
      try (Arena arena = Arena.ofConfined()) {
        Matrix first = Matrix.allocate(arena, count, columns);
        Matrix second = Matrix.allocate(arena, count, columns);
        reader.decodeRows(a, row, first);
        reader.decodeRows(b, row, second);
        for (int r = 0; r < count; r++) {
          if (first.row(r).mismatch(second.row(r)) >= 0) {
            return false;
          }
        }
      }
    }
    return true;
  }

  static AwpException twice(TensorView a, TensorView b) {
    return new AwpException(
        "%s: tensor %s is in %s too, with other values"
            .formatted(b.file(), b.name(), a.file().getFileName()));
  }
}
