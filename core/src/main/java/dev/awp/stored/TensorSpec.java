// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.tensor.DType;
import java.util.List;

/**
 * A tensor to be written.
 *
 * @param shape sizes, outermost first; empty for a scalar
 */
public record TensorSpec(String name, DType dtype, List<Long> shape) {
  public TensorSpec {
    shape = List.copyOf(shape);
  }

  /** Number of elements; overflow is an ArithmeticException. */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** Size of the data in bytes. */
  public long byteSize() {
    return Math.multiplyExact(elements(), dtype.bits()) / 8;
  }
}
