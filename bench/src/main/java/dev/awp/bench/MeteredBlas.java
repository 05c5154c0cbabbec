// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.blas.Blas;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.blas.mixed.Bf16Products;
import dev.awp.blas.mixed.MixedBlas;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.compute.Compute;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;

/**
 * A BLAS whose products a meter counts.
 *
 * @param blas one thread a call
 */
record MeteredBlas(Blas blas, Meter meter) implements Blas {
  /** What computes as another does, and is counted in every precision. */
  static Compute meter(Compute compute, Meter meter) {
    MeteredBlas f32 = new MeteredBlas(compute.blas(), meter);
    List<MixedBlas> lower =
        compute.lower().candidates().stream()
            .map(
                mixed ->
                    new MixedBlas(
                        f32, new MeteredProducts(mixed.products(), meter), mixed.precision()))
            .toList();
    return new Compute(
        compute.kernels(),
        f32,
        compute.workers(),
        new MixedPrecision(compute.lower().mode(), lower));
  }

  /** An operand whose products are counted. */
  static RightOperand metered(RightOperand operand, Precision precision, Meter meter) {
    return new MeteredOperand(operand, precision, Meter.ownPhase(), meter);
  }

  @Override
  public String name() {
    return blas.name();
  }

  @Override
  public void gemm(Op opA, Op opB, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    long start = Meter.start();
    blas.gemm(opA, opB, alpha, a, b, beta, c);
    long depth = opA == Op.NONE ? a.columns() : a.rows();
    long moved = a.size() + b.size() + (beta == 0 ? 1 : 2) * c.size();
    meter.add(start, Optional.empty(), Precision.F32, 2 * depth * c.size(), moved * Float.BYTES);
  }

  @Override
  public void syrk(float alpha, Matrix a, float beta, Matrix c) {
    long start = Meter.start();
    blas.syrk(alpha, a, beta, c);
    long triangle = a.columns() * (a.columns() + 1L) / 2;
    long moved = a.size() + (beta == 0 ? 1 : 2) * triangle;
    meter.add(
        start, Optional.empty(), Precision.F32, 2L * a.rows() * triangle, moved * Float.BYTES);
  }

  @Override
  public RightOperand prepare(Op op, RowSource b, Workers makers, Arena arena) {
    return metered(blas.prepare(op, b, makers, arena), Precision.F32, meter);
  }

  private record MeteredProducts(Bf16Products products, Meter meter) implements Bf16Products {
    @Override
    public String name() {
      return products.name();
    }

    @Override
    public List<Precision> faster() {
      return products.faster();
    }

    @Override
    public long memoryBytes(Precision precision, int k, int n, int threads) {
      return products.memoryBytes(precision, k, n, threads);
    }

    @Override
    public RightOperand prepare(
        Precision precision, Op op, RowSource b, Workers workers, Arena arena) {
      return metered(products.prepare(precision, op, b, workers, arena), precision, meter);
    }
  }

  /**
   * An operand whose products are counted.
   *
   * @param phase in which it was made, for threads whose methods do not tell theirs
   */
  private record MeteredOperand(
      RightOperand operand, Precision precision, Optional<Phase> phase, Meter meter)
      implements RightOperand {
    @Override
    public int rowsAtOnce() {
      return operand.rowsAtOnce();
    }

    @Override
    public void multiply(Matrix a, Matrix c) {
      long start = Meter.start();
      operand.multiply(a, c);
      count(start, a, c, 1);
    }

    @Override
    public void multiplyAdd(Matrix a, Matrix c) {
      long start = Meter.start();
      operand.multiplyAdd(a, c);
      count(start, a, c, 2);
    }

    private void count(long start, Matrix a, Matrix c, int passes) {
      long ofB = precision == Precision.F32 ? Float.BYTES : precision.parts() * (long) Short.BYTES;
      long bytes =
          (a.size() + passes * c.size()) * Float.BYTES + (long) a.columns() * c.columns() * ofB;
      meter.add(start, phase, precision, 2L * a.columns() * c.size(), bytes);
    }
  }
}
