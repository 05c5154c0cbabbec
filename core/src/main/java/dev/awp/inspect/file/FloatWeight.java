// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.format.compressedtensors.FloatMatrix;
import dev.awp.inspect.StoredWeight;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.util.List;

/** A layer of four-bit numbers in floating point, as compressed-tensors packs them. */
record FloatWeight(FloatMatrix matrix, Kernels kernels) implements StoredWeight {
  @Override
  public String name() {
    return matrix.name();
  }

  @Override
  public String storage() {
    return matrix.type().name() + " (compressed-tensors)";
  }

  @Override
  public List<Long> shape() {
    return matrix.shape();
  }

  @Override
  public long bytes() {
    return matrix.byteSize();
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination) {
    matrix.checkPresent();
    matrix.decodeRows(firstRow, destination, kernels);
  }
}
