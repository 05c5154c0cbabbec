// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.tensor.Matrix;

/** Another BLAS, but for its prepared operands. */
public interface OperandBlas extends Blas {
  /** The one that computes all else. */
  Blas blas();

  @Override
  default String name() {
    return blas().name();
  }

  @Override
  default void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    blas().gemm(opA, opB, alpha, a, b, beta, c);
  }

  @Override
  default void syrk(float alpha, Matrix a, float beta, Matrix c) {
    blas().syrk(alpha, a, beta, c);
  }
}
