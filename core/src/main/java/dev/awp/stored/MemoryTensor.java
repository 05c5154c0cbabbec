// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.nio.file.Path;
import java.util.List;

/**
 * A matrix in memory in the place of a tensor in a file, whose owner keeps it open.
 *
 * @param name of the tensor that it stands for
 */
public record MemoryTensor(String name, Matrix values) implements EncodedTensor {
  @Override
  public List<Long> shape() {
    return List.of((long) values.rows(), (long) values.columns());
  }

  @Override
  public StoredType type() {
    return StoredType.of(DType.F32);
  }

  @Override
  public List<TensorView> parts() {
    return List.of();
  }

  @Override
  public Path file() {
    return Path.of("memory");
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    destination.copyFrom(values.rowRange(firstRow, firstRow + destination.rows()));
  }
}
