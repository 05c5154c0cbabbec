// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * A matrix or vector whose numbers lie among others in a tensor.
 *
 * @param name of this one
 * @param stack the tensor that holds several
 * @param slice where it lies there
 */
public record StridedTensor(String name, TensorView stack, StackSlice slice)
    implements EncodedTensor {
  /** The tensor of a slice: the bytes themselves where they lie together. */
  public static StoredTensor of(String name, TensorView stack, StackSlice slice) {
    if (!slice.isContiguous()) {
      return new StridedTensor(name, stack, slice);
    }
    long offset = slice.first() * stack.dtype().bits() / 8;
    long bytes = slice.span() * stack.dtype().bits() / 8;
    return new TensorView(
        name,
        stack.dtype(),
        slice.shape(),
        stack.file(),
        stack.fileOffset() + offset,
        stack.data().asSlice(offset, bytes));
  }

  @Override
  public List<Long> shape() {
    return slice.shape();
  }

  @Override
  public StoredType type() {
    return stack.type();
  }

  @Override
  public List<TensorView> parts() {
    return List.of(stack);
  }

  @Override
  public long byteSize() {
    return slice.rows() * slice.columns() * stack.dtype().bits() / 8;
  }

  @Override
  public Path file() {
    return stack.file();
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    TensorReader reader = new TensorReader(kernels);
    long begin = slice.first() + firstRow * slice.rowStride();
    if (slice.columnStride() == 1) {
      for (int r = 0; r < destination.rows(); r++) {
        reader.decode(stack, begin + r * slice.rowStride(), destination.row(r));
      }
      return;
    }
    long across = (destination.rows() - 1) * slice.rowStride() + 1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment column = arena.allocate(across * Float.BYTES, Float.BYTES);
      for (int c = 0; c < destination.columns(); c++) {
        reader.decode(stack, begin + c * slice.columnStride(), column);
        for (int r = 0; r < destination.rows(); r++) {
          destination.set(r, c, column.getAtIndex(JAVA_FLOAT, r * slice.rowStride()));
        }
      }
    }
  }
}
