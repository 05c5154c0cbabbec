// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the multiplications with weights, which are prepared under TRANSPOSE.
 *
 * @param weights multiplications so far
 */
public record CountingBlas(Blas blas, AtomicLong weights) implements OperandBlas {
  public CountingBlas(Blas blas) {
    this(blas, new AtomicLong());
  }

  @Override
  public RightOperand prepare(Op op, RowSource b, Workers makers, Arena arena) {
    RightOperand operand = blas.prepare(op, b, makers, arena);
    return op == Op.TRANSPOSE ? new Counted(operand) : operand;
  }

  private final class Counted implements RightOperand {
    private final RightOperand operand;

    private Counted(RightOperand operand) {
      this.operand = operand;
    }

    @Override
    public int rowsAtOnce() {
      return operand.rowsAtOnce();
    }

    @Override
    public void multiply(Matrix a, Matrix c) {
      count(a, c);
      operand.multiply(a, c);
    }

    @Override
    public void multiplyAdd(Matrix a, Matrix c) {
      count(a, c);
      operand.multiplyAdd(a, c);
    }

    private void count(Matrix a, Matrix c) {
      weights.addAndGet((long) a.rows() * a.columns() * c.columns());
    }
  }
}
