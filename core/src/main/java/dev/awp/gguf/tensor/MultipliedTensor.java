// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import dev.awp.kernel.Kernels;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.StoredType;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A tensor times the scales beside it.
 *
 * @param scales one for all rows, or one for each of as many runs of them
 */
public record MultipliedTensor(EncodedTensor values, List<Float> scales) implements EncodedTensor {
  public MultipliedTensor {
    scales = List.copyOf(scales);
  }

  @Override
  public String name() {
    return values.name();
  }

  @Override
  public List<Long> shape() {
    return values.shape();
  }

  @Override
  public StoredType type() {
    return values.type();
  }

  @Override
  public List<TensorView> parts() {
    return values.parts();
  }

  @Override
  public Path file() {
    return values.file();
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    values.decodeRows(firstRow, destination, kernels);
    long rows = values.shape().size() == 1 ? 1 : values.shape().getFirst();
    for (int r = 0; r < destination.rows(); r++) {
      float scale = scales.get((int) ((firstRow + r) * (long) scales.size() / rows));
      MemorySegment row = destination.row(r);
      kernels.arithmetic().scale(row, scale, row);
    }
  }
}
