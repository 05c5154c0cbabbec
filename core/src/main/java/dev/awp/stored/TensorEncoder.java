// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import dev.awp.AwpException;
import dev.awp.kernel.ConversionKernels;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Encodes float32 matrices as they are stored. */
public final class TensorEncoder {
  private final Kernels kernels;

  public TensorEncoder(Kernels kernels) {
    this.kernels = kernels;
  }

  /**
   * The stored bytes of a matrix, row after row, rounded to nearest.
   *
   * @param name of the tensor, for messages
   * @throws AwpException where a value is not finite, or too large for the type
   */
  public MemorySegment encode(String name, Matrix matrix, DType dtype, SegmentAllocator allocator) {
    return encode(name, 0, matrix, dtype, allocator);
  }

  /**
   * The same of some of its rows.
   *
   * @param first of the rows in the tensor, for messages
   */
  public MemorySegment encode(
      String name, int first, Matrix matrix, DType dtype, SegmentAllocator allocator) {
    if (!dtype.isComputable()) {
      throw new IllegalArgumentException("awp does not write " + dtype);
    }
    long rowBytes = (long) matrix.columns() * dtype.bits() / 8;
    MemorySegment bytes = allocator.allocate(matrix.rows() * rowBytes, Long.BYTES);
    float largest = dtype == DType.F16 ? 65504f : Float.MAX_VALUE;
    ConversionKernels conversion = kernels.conversion();
    for (int r = 0; r < matrix.rows(); r++) {
      MemorySegment row = matrix.row(r);
      checkRange(name, row, first + r, dtype, largest);
      MemorySegment stored = bytes.asSlice(r * rowBytes, rowBytes);
      switch (dtype) {
        case F16 -> conversion.encodeF16(row, stored);
        case BF16 -> conversion.encodeBf16(row, stored);
        default -> conversion.encodeF32(row, stored);
      }
    }
    return bytes;
  }

  private void checkRange(String name, MemorySegment row, int r, DType dtype, float largest) {
    if (row.byteSize() == 0) {
      return;
    }
    float magnitude = kernels.selection().kthLargestMagnitude(row, 1);
    if (!(magnitude <= largest)) {
      throw new AwpException(
          "tensor %s, row %s: a value of magnitude %s cannot be stored as %s"
              .formatted(name, r, magnitude, dtype));
    }
  }
}
