// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.blas.Blas.Op;
import dev.awp.tensor.Matrix;

/** A right operand as it is: every product is the {@code gemm} of its BLAS, in float32. */
record PlainOperand(Blas blas, Op op, Matrix b) implements RightOperand {
  @Override
  public void multiply(Matrix a, Matrix c) {
    blas.gemm(Op.NONE, op, 1, a, b, 0, c);
  }

  @Override
  public void multiplyAdd(Matrix a, Matrix c) {
    blas.gemm(Op.NONE, op, 1, a, b, 1, c);
  }
}
