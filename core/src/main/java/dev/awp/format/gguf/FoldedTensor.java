// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.kernel.Kernels;
import dev.awp.stored.DerivedTensor;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A matrix times numbers.
 *
 * @param factors of its rows, one behind the other; the last goes on to the end
 */
record FoldedTensor(String name, StoredTensor original, List<Part> factors)
    implements DerivedTensor {
  FoldedTensor {
    factors = List.copyOf(factors);
  }

  /** So many rows, and what they are multiplied by. */
  record Part(int rows, float factor) {}

  /** All rows times one number. */
  static FoldedTensor of(String name, StoredTensor original, float factor) {
    return new FoldedTensor(name, original, List.of(new Part(0, factor)));
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    new TensorReader(kernels).decodeRows(original, firstRow, destination);
    for (int r = 0; r < destination.rows(); r++) {
      MemorySegment row = destination.row(r);
      kernels.arithmetic().scale(row, factor(firstRow + r), row);
    }
  }

  private float factor(int row) {
    int end = 0;
    for (Part part : factors.subList(0, factors.size() - 1)) {
      end += part.rows();
      if (row < end) {
        return part.factor();
      }
    }
    return factors.getLast().factor();
  }
}
