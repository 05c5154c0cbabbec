// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.blas;

import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.function.BiConsumer;

/**
 * Splits products over {@link Workers}: the rows of C into {@linkplain Workers#partRows parts}.
 * Must not be called from inside a worker's task; tasks call the serial BLAS.
 */
public final class ParallelBlas implements Blas {
  /** Rows of C in one block of a syrk, whose blocks are of unequal work. */
  private static final int SYRK_ROWS = 512;

  private final Blas serial;
  private final Workers workers;

  public ParallelBlas(Blas serial, Workers workers) {
    this.serial = serial;
    this.workers = workers;
  }

  @Override
  public String name() {
    return serial.name();
  }

  @Override
  public void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    BlasShapes.checkGemm(opA, opB, a, b, c);
    workers.forEachBlock(
        c.rows(),
        workers.partRows(c.rows()),
        (from, to) -> {
          Matrix part = opA == Op.NONE ? a.rowRange(from, to) : a.columnRange(from, to);
          serial.gemm(opA, opB, alpha, part, b, beta, c.rowRange(from, to));
        });
  }

  @Override
  public void syrk(float alpha, Matrix a, float beta, Matrix c) {
    BlasShapes.checkSyrk(a, c);
    workers.forEachBlock(
        c.rows(),
        SYRK_ROWS,
        (from, to) -> {
          Matrix columns = a.columnRange(from, to);
          Matrix rows = c.rowRange(from, to);
          if (from > 0) {
            Matrix before = a.columnRange(0, from);
            Matrix left = rows.columnRange(0, from);
            serial.gemm(Op.TRANSPOSE, Op.NONE, alpha, columns, before, beta, left);
          }
          serial.syrk(alpha, columns, beta, rows.columnRange(from, to));
        });
  }

  @Override
  public RightOperand prepare(Op op, RowSource b, Workers makers, Arena arena) {
    return new ParallelOperand(serial.prepare(op, b, makers, arena), workers);
  }

  /** The rows of C in parts, as in {@link #gemm}. */
  private record ParallelOperand(RightOperand whole, Workers workers) implements RightOperand {
    @Override
    public void multiply(Matrix a, Matrix c) {
      forEachPart(a, c, whole::multiply);
    }

    @Override
    public void multiplyAdd(Matrix a, Matrix c) {
      forEachPart(a, c, whole::multiplyAdd);
    }

    private void forEachPart(Matrix a, Matrix c, BiConsumer<Matrix, Matrix> product) {
      BlasShapes.checkRows(a, c);
      workers.forEachBlock(
          c.rows(),
          workers.partRows(c.rows()),
          (from, to) -> product.accept(a.rowRange(from, to), c.rowRange(from, to)));
    }
  }
}
