// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.inspect.StoredWeight;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Some rows and columns of a weight.
 *
 * @param shape of these alone
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record WeightPart(StoredWeight whole, List<Long> shape, int[] keptRows, int[] keptColumns)
    implements StoredWeight {
  @Override
  public String name() {
    return whole.name();
  }

  @Override
  public String storage() {
    return whole.storage();
  }

  @Override
  public long bytes() {
    return whole.bytes();
  }

  @Override
  public boolean isDecodable() {
    return whole.isDecodable();
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix row = Matrix.allocate(arena, 1, whole.columns());
      MemorySegment values = row.row(0);
      for (int r = 0; r < destination.rows(); r++) {
        whole.decodeRows(keptRows[firstRow + r], row);
        for (int c = 0; c < keptColumns.length; c++) {
          destination.set(r, c, values.getAtIndex(JAVA_FLOAT, keptColumns[c]));
        }
      }
    }
  }
}
