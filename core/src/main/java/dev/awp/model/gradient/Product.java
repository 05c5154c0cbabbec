// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.model.sublayer.RowOperations;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * y = x W^T + bias, or some of the rows of such a layer, and its derivatives.
 *
 * @param weight W, [dOut, dIn]; may change between two passes
 * @param derivative by W, [dOut, dIn], where it is wanted
 * @param bias [dOut]
 */
record Product(
    Matrix weight, Optional<Matrix> derivative, Optional<MemorySegment> bias, RowOperations rows) {
  /** out = in W^T + bias. */
  void forward(Matrix in, Matrix out) {
    blas().gemm(Op.NONE, Op.TRANSPOSE, 1, in, weight, 0, out);
    bias.ifPresent(
        added -> {
          var arithmetic = rows.compute().kernels().arithmetic();
          rows.forRows(out.rows(), r -> arithmetic.add(out.row(r), added, out.row(r)));
        });
  }

  /**
   * The derivatives of a number by W and by the inputs.
   *
   * @param momentum what the derivatives by W of the passes before are multiplied by, and added
   * @param in what {@link #forward} was given
   * @param byOutput derivatives by its outputs
   * @param byInput receives those by its inputs, or has them added
   * @param add whether they are added
   */
  void backward(Matrix in, Matrix byOutput, float momentum, Matrix byInput, boolean add) {
    derivative.ifPresent(by -> blas().gemm(Op.TRANSPOSE, Op.NONE, 1, byOutput, in, momentum, by));
    blas().gemm(Op.NONE, Op.NONE, 1, byOutput, weight, add ? 1 : 0, byInput);
  }

  private Blas blas() {
    return rows.compute().parallelBlas();
  }
}
