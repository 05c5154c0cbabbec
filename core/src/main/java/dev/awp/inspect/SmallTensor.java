// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import dev.awp.AwpException;
import dev.awp.checkpoint.TensorView;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Map;

/** The tensors beside packed codes, which are small enough for the heap. */
final class SmallTensor {
  private SmallTensor() {}

  /** The tensor of that name, which has to have that rank. */
  static TensorView of(Map<String, TensorView> tensors, String name, int rank) {
    TensorView view = tensors.get(name);
    if (view == null || view.shape().size() != rank) {
      throw new AwpException(
          "tensor %s: a packed layer needs it with %d dimensions, there is %s"
              .formatted(name, rank, view == null ? "none" : view.shape()));
    }
    return view;
  }

  /** A tensor of 32-bit words of that rank. */
  static TensorView words(Map<String, TensorView> tensors, String name, int rank) {
    TensorView view = of(tensors, name, rank);
    if (view.dtype() != DType.I32) {
      throw malformed(view, "is " + view.dtype() + ", packed words are I32");
    }
    return view;
  }

  static int size(TensorView view, int dimension) {
    return Math.toIntExact(view.shape().get(dimension));
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
