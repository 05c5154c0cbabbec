// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.inspect.StoredWeight;
import dev.awp.kernel.Kernels;
import dev.awp.stored.EncodedTensor;
import dev.awp.tensor.Matrix;
import java.util.List;

/** A weight in 8-bit floating point with its scales. */
record ScaledWeight(EncodedTensor tensor, Kernels kernels) implements StoredWeight {
  @Override
  public String name() {
    return tensor.name();
  }

  @Override
  public String storage() {
    return tensor.type().name() + " with scales";
  }

  @Override
  public List<Long> shape() {
    return tensor.shape();
  }

  @Override
  public long bytes() {
    return tensor.byteSize();
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination) {
    tensor.checkPresent();
    tensor.decodeRows(firstRow, destination, kernels);
  }
}
