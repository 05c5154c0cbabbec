// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.disk.Parts;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A matrix as its stored bytes, of some rows at a time: it may be larger than memory.
 *
 * @param tensor of two dimensions
 */
public record RowPieces(StoredTensor tensor, Kernels kernels) implements Parts {
  /** Bytes of a piece in float32, unless one row has more. */
  private static final long BYTES = 16L << 20;

  /** How many rows of so many columns a piece has. */
  public static int rows(int columns) {
    return Math.toIntExact(Math.max(1, BYTES / Float.BYTES / Math.max(1, columns)));
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    TensorReader reader = new TensorReader(kernels);
    TensorEncoder encoder = new TensorEncoder(kernels);
    int columns = CutTensor.columns(tensor);
    int all = CutTensor.rows(tensor);
    int most = Math.min(all, rows(columns));
    try (Arena arena = Arena.ofConfined()) {
      Matrix room = Matrix.allocate(arena, most, columns);
      for (int first = 0; first < all; first += most) {
        Matrix piece = room.rowRange(0, Math.min(most, all - first));
        reader.decodeRows(tensor, first, piece);
        try (Arena own = Arena.ofConfined()) {
          MemorySegment bytes = encoder.encode(tensor.name(), piece, tensor.type().written(), own);
          sink.accept(bytes);
        }
      }
    }
  }
}
