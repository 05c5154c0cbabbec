// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas.mixed;

import dev.awp.blas.Blas;
import dev.awp.blas.OperandBlas;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.parallel.Workers;
import java.lang.foreign.Arena;

/**
 * A BLAS whose prepared operands are multiplied in bfloat16 parts; all else runs in float32 on the
 * BLAS that it is made of.
 */
public record MixedBlas(Blas blas, Bf16Products products, Precision precision)
    implements OperandBlas {
  @Override
  public String name() {
    return "%s, %s on %s".formatted(blas.name(), precision.label(), products.name());
  }

  @Override
  public RightOperand prepare(Op op, RowSource b, Workers workers, Arena arena) {
    return products.prepare(precision, op, b, workers, arena);
  }
}
