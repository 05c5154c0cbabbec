// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.file;

import dev.awp.AwpException;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/** The tensors beside packed codes, which are small enough for the heap. */
final class SmallTensor {
  private SmallTensor() {}

  /** Refuses what does not hold 32-bit words. */
  static void checkWords(TensorView view) {
    if (view.dtype() != DType.I32) {
      throw malformed(view, "is " + view.dtype() + ", packed words are I32");
    }
  }

  static int size(TensorView view, int dimension) {
    long size = view.shape().get(dimension);
    if (size > Integer.MAX_VALUE) {
      throw malformed(view, "has shape %s, too large for packed layers".formatted(view.shape()));
    }
    return (int) size;
  }

  /** All values as float32, row by row. */
  static float[][] values(TensorView view) {
    int rows = view.shape().size() == 1 ? 1 : size(view, 0);
    int columns = size(view, view.shape().size() - 1);
    try (Arena arena = Arena.ofConfined()) {
      Matrix matrix = Matrix.allocate(arena, rows, columns);
      // Scalar kernels: these are few values, and any thread may be asking.
      new PlainWeight(view, ScalarKernels.create()).decodeRows(0, matrix);
      return matrix.toArray();
    }
  }

  static AwpException malformed(TensorView view, String rule) {
    return new AwpException("%s: tensor %s %s".formatted(view.file(), view.name(), rule));
  }
}
