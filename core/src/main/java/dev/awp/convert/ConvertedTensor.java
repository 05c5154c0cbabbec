// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.convert;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.stored.DerivedTensor;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.StoredType;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A tensor of which rows and columns lie in another order, and whose numbers are written as another
 * type.
 *
 * @param rows that of the original which each row is; a vector's is one row
 * @param columns the same of columns
 */
record ConvertedTensor(StoredTensor original, DType dtype, Order rows, Order columns)
    implements DerivedTensor {
  @Override
  public StoredType type() {
    return StoredType.of(dtype);
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    TensorReader reader = new TensorReader(kernels);
    if (rows.isNatural() && columns.isNatural()) {
      reader.decodeRows(original, firstRow, destination);
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      Matrix row = Matrix.allocate(arena, 1, destination.columns());
      for (int r = 0; r < destination.rows(); r++) {
        reader.decodeRows(original, rows.original(firstRow + r), row);
        MemorySegment ordered = destination.row(r);
        for (int j = 0; j < destination.columns(); j++) {
          ordered.setAtIndex(JAVA_FLOAT, j, row.get(0, columns.original(j)));
        }
      }
    }
  }
}
