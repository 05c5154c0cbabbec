// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas.mixed;

import dev.awp.blas.Blas;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * A BLAS whose prepared operands are multiplied in bfloat16 parts; all else runs in float32 on the
 * BLAS that it is made of.
 */
public record MixedBlas(Blas f32, Bf16Products products, Precision precision) implements Blas {
  @Override
  public String name() {
    return "%s, %s on %s".formatted(f32.name(), precision.label(), products.name());
  }

  @Override
  public void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    f32.gemm(opA, opB, alpha, a, b, beta, c);
  }

  @Override
  public void syrk(float alpha, Matrix a, float beta, Matrix c) {
    f32.syrk(alpha, a, beta, c);
  }

  @Override
  public RightOperand prepare(Op op, RowSource b, Workers workers, Arena arena) {
    return products.prepare(precision, op, b, workers, arena);
  }
}
