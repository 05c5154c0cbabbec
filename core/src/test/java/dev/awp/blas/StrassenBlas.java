// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.compute.Compute;
import dev.awp.kernel.Kernels;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/** Multiplies all prepared operands by Strassen's algorithm, however small they are. */
public record StrassenBlas(Blas blas, Kernels kernels, Workers workers) implements Blas {
  /** That compute with such a BLAS. */
  public static Compute in(Compute compute) {
    return compute.with(new StrassenBlas(compute.blas(), compute.kernels(), compute.workers()));
  }

  @Override
  public String name() {
    return blas.name();
  }

  @Override
  public void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    blas.gemm(opA, opB, alpha, a, b, beta, c);
  }

  @Override
  public void syrk(float alpha, Matrix a, float beta, Matrix c) {
    blas.syrk(alpha, a, beta, c);
  }

  @Override
  public RightOperand prepare(Op op, RowSource b, Workers makers, Arena arena) {
    if (op != Op.NONE) {
      return blas.prepare(op, b, makers, arena);
    }
    return new StrassenOperand(blas, kernels, workers, b.whole(makers, arena), 48, arena);
  }
}
