// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.tensor.DType;
import java.util.List;
import java.util.Optional;

/**
 * A tensor to be written.
 *
 * @param shape sizes, outermost first; empty for a scalar
 * @param slice where it lies in a tensor that holds several, where it does not lie by itself
 */
public record TensorSpec(String name, DType dtype, List<Long> shape, Optional<StackSlice> slice) {
  public TensorSpec {
    shape = List.copyOf(shape);
  }

  /** A tensor by itself. */
  public TensorSpec(String name, DType dtype, List<Long> shape) {
    this(name, dtype, shape, Optional.empty());
  }

  /** The same in a tensor that holds several. */
  public TensorSpec in(StackSlice place) {
    return new TensorSpec(name, dtype, shape, Optional.of(place));
  }

  /** The tensor that a file has for it: itself, or the one that holds several. */
  public TensorSpec whole() {
    return slice.map(in -> new TensorSpec(in.stack(), dtype, in.stackShape())).orElse(this);
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
