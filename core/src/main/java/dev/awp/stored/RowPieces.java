// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.disk.Parts;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * A matrix as float32, some rows at a time: it may be larger than memory.
 *
 * @param tensor of two dimensions
 * @param most rows of a piece
 */
public record RowPieces(StoredTensor tensor, int most, Kernels kernels) {
  /** Bytes of a piece, unless one row has more. */
  private static final long BYTES = 16L << 20;

  /** What takes a piece. */
  @FunctionalInterface
  public interface Action {
    /**
     * Takes a piece.
     *
     * @param first row of the matrix that it begins with
     * @param rows whose memory the next piece has too
     */
    void accept(int first, Matrix rows) throws IOException;
  }

  /** Pieces of some megabytes each. */
  public static RowPieces of(StoredTensor tensor, Kernels kernels) {
    long fit = BYTES / Float.BYTES / Math.max(1, CutTensor.columns(tensor));
    int all = CutTensor.rows(tensor);
    return new RowPieces(tensor, Math.toIntExact(Math.clamp(fit, 1, Math.max(1, all))), kernels);
  }

  /** Goes through the pieces in their order. */
  public void forEach(Action action) throws IOException {
    TensorReader reader = new TensorReader(kernels);
    int all = CutTensor.rows(tensor);
    try (Arena arena = Arena.ofConfined()) {
      Matrix room = Matrix.allocate(arena, most, CutTensor.columns(tensor));
      for (int first = 0; first < all; first += most) {
        Matrix rows = room.rowRange(0, Math.min(most, all - first));
        reader.decodeRows(tensor, first, rows);
        action.accept(first, rows);
      }
    }
  }

  /** The bytes of the matrix as {@link StoredType#written} says. */
  public Parts encoded() {
    TensorEncoder encoder = new TensorEncoder(kernels);
    return sink ->
        forEach(
            (first, rows) -> {
              try (Arena arena = Arena.ofConfined()) {
                sink.accept(
                    encoder.encode(tensor.name(), first, rows, tensor.type().written(), arena));
              }
            });
  }
}
