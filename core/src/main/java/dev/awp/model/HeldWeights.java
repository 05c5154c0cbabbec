// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.checkpoint.EncodedTensor;
import dev.awp.checkpoint.StoredTensor;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.nio.file.Path;
import java.util.List;

/** Weights in memory that stand in for a tensor of a file. */
record HeldWeights(StoredTensor original, Matrix weights) implements EncodedTensor {
  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    destination.copyFrom(weights.rowRange(firstRow, firstRow + destination.rows()));
  }

  @Override
  public String name() {
    return original.name();
  }

  @Override
  public List<Long> shape() {
    return original.shape();
  }

  @Override
  public Path file() {
    return original.file();
  }

  @Override
  public void checkPresent() {
    // Memory does not become shorter.
  }

  @Override
  public void release() {
    // The owner of the memory frees it.
  }
}
