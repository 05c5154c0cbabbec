// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.util.List;

/**
 * A matrix that another tensor of the model holds too. Its bytes are the other's, and are counted
 * there alone.
 *
 * @param name of this one
 * @param original the tensor in the file
 */
public record SharedTensor(String name, StoredTensor original) implements DerivedTensor {
  @Override
  public List<TensorView> parts() {
    return List.of();
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    new TensorReader(kernels).decodeRows(original, firstRow, destination);
  }
}
