// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.compute.Compute;
import dev.awp.kernel.Kernels;
import dev.awp.parallel.Workers;
import java.lang.foreign.Arena;

/** Multiplies all prepared operands by Strassen's algorithm, however small they are. */
public record StrassenBlas(Blas blas, Kernels kernels, Workers workers) implements OperandBlas {
  /** That compute with such a BLAS. */
  public static Compute in(Compute compute) {
    return compute.with(new StrassenBlas(compute.blas(), compute.kernels(), compute.workers()));
  }

  @Override
  public RightOperand prepare(Op op, RowSource b, Workers makers, Arena arena) {
    if (op != Op.NONE) {
      return blas.prepare(op, b, makers, arena);
    }
    return new StrassenOperand(blas, kernels, workers, b.whole(makers, arena), 48, arena);
  }
}
