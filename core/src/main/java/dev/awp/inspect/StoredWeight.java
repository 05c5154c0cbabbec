// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import dev.awp.tensor.Matrix;
import java.util.List;
import java.util.Optional;

/**
 * One logical weight of a checkpoint, however it is stored: a plain tensor, or codes with the
 * scales and zero points of their groups. Readers of other formats implement this, and every
 * command that looks at checkpoints works for them.
 */
public interface StoredWeight {
  /** The name that the tensor has, or would have, in a dense checkpoint: "model.norm.weight". */
  String name();

  /** How it is stored, in a few words: "BF16", "int4 g128 (gptq)". */
  String storage();

  /** Its shape as a dense tensor, outermost first; empty for a scalar. */
  List<Long> shape();

  /** Bytes of everything that belongs to it, scales and zero points included. */
  long bytes();

  /** Codes, where it lies on an integer grid. */
  default Optional<StoredGrid> grid() {
    return Optional.empty();
  }

  /** Whether {@link #decodeRows} can give values. */
  default boolean isDecodable() {
    return true;
  }

  /**
   * Decodes consecutive rows to float32; the last dimension is a row, all others together count
   * rows. Any thread may call this.
   *
   * @param destination as many rows as are wanted, [rows, {@link #columns}]
   */
  void decodeRows(int firstRow, Matrix destination);

  /** Number of elements. */
  default long elements() {
    return shape().stream().reduce(1L, Math::multiplyExact);
  }

  /** Size of the last dimension; 1 for a scalar. */
  default int columns() {
    return shape().isEmpty() ? 1 : Math.toIntExact(shape().getLast());
  }

  /** Elements by columns; 0 where there are no elements. */
  default int rows() {
    return elements() == 0 ? 0 : Math.toIntExact(elements() / columns());
  }
}
