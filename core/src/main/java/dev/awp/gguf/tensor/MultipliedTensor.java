// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import dev.awp.kernel.Kernels;
import dev.awp.stored.DerivedTensor;
import dev.awp.stored.EncodedTensor;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A tensor times the scales beside it.
 *
 * @param scales one for all rows, or one for each of as many runs of them
 */
public record MultipliedTensor(EncodedTensor original, List<Float> scales)
    implements DerivedTensor {
  public MultipliedTensor {
    scales = List.copyOf(scales);
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    original.decodeRows(firstRow, destination, kernels);
    long rows = original.shape().size() == 1 ? 1 : original.shape().getFirst();
    for (int r = 0; r < destination.rows(); r++) {
      float scale = scales.get((int) ((firstRow + r) * (long) scales.size() / rows));
      MemorySegment row = destination.row(r);
      kernels.arithmetic().scale(row, scale, row);
    }
  }
}
