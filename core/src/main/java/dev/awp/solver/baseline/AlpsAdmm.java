// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.AwpException;
import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.constraint.Sparsity;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.linalg.Cholesky;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.BitSet;

/**
 * The state of ALPS's operator splitting (Meng et al., 2024, equation 6) in normalised coordinates:
 * D in the constraint set, the multiplier V, and (H + rho I)^-1. Rows are independent but for rho.
 */
final class AlpsAdmm {
  /** Beyond this rho, which nothing in practice reaches, X and D agree to the last bit. */
  private static final double LARGEST_RHO = 1e6;

  private final Sparsity sparsity;
  private final Compute compute;
  private final int rowsOfTask;
  private final Matrix h;
  private final Matrix g;
  private final Matrix d;
  private final Matrix v;
  private final Matrix inverse;
  private final BitSet[] support;
  private double rho;
  private double flops;

  /**
   * Starts with D the projection of the weights and V = 0.
   *
   * @param rowsOfTask rows that are one task
   */
  AlpsAdmm(
      Sparsity sparsity,
      Matrix w,
      NormalizedLayer layer,
      Compute compute,
      int rowsOfTask,
      SegmentAllocator scratch) {
    this.sparsity = sparsity;
    this.compute = compute;
    this.rowsOfTask = rowsOfTask;
    int rows = w.rows();
    int n = w.columns();
    this.h = layer.h();
    this.g = Matrix.allocate(scratch, rows, n);
    this.d = Matrix.allocate(scratch, rows, n);
    this.v = Matrix.allocate(scratch, rows, n);
    this.inverse = Matrix.allocate(scratch, n, n);
    this.support = new BitSet[rows];
    forEachTask(
        (from, to, own) -> {
          Matrix u = Matrix.allocate(own, to - from, n);
          layer.enter(w.rowRange(from, to), u);
          compute.blas().gemm(Op.NONE, Op.NONE, 1, u, h, 0, g.rowRange(from, to));
          for (int row = from; row < to; row++) {
            select(u.row(row - from), d.row(row));
            support[row] = supportOf(d.row(row));
          }
        });
  }

  /** The iterate in the constraint set. */
  Matrix d() {
    return d;
  }

  /** Flops of all inverses. */
  double flops() {
    return flops;
  }

  double rho() {
    return rho;
  }

  /** Inverts H + rho I; rho is raised tenfold where rounding leaves that indefinite. */
  void setRho(double wanted) {
    int n = h.rows();
    Cholesky cholesky = new Cholesky(compute);
    for (rho = Math.min(wanted, LARGEST_RHO); rho <= LARGEST_RHO; rho *= 10) {
      inverse.copyFrom(h);
      for (int j = 0; j < n; j++) {
        inverse.set(j, j, (float) (h.get(j, j) + rho));
      }
      if (cholesky.invertFactor(inverse).isEmpty()) {
        cholesky.multiplyInverse(inverse);
        flops += Cholesky.inverseFlops(n);
        return;
      }
      flops += Cholesky.factorFlops(n);
    }
    throw new AwpException(
        "the second moment %s holds a NaN or an infinity, or is far from positive semi-definite"
            .formatted(h));
  }

  /**
   * One iteration; since V + rho (X - D) = rho (Z - D) with Z = X + V / rho:
   *
   * <pre>
   *   X = (G + rho D - V) (H + rho I)^-1,   D = Proj(Z),   V = rho (Z - D)
   * </pre>
   */
  void iterate() {
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    float factorOfV = (float) (1 / rho);
    forEachTask(
        (from, to, own) -> {
          Matrix z = Matrix.allocate(own, to - from, d.columns());
          Matrix x = Matrix.allocate(own, to - from, d.columns());
          for (int row = from; row < to; row++) {
            MemorySegment sum = z.row(row - from);
            arithmetic.multiplyAdd((float) rho, d.row(row), g.row(row), sum);
            arithmetic.subtract(sum, v.row(row), sum);
          }
          compute.blas().gemm(Op.NONE, Op.NONE, 1, z, inverse, 0, x);
          for (int row = from; row < to; row++) {
            MemorySegment sum = z.row(row - from);
            arithmetic.multiplyAdd(factorOfV, v.row(row), x.row(row - from), sum);
            select(sum, d.row(row));
            arithmetic.subtract(sum, d.row(row), v.row(row));
            arithmetic.scale(v.row(row), (float) rho, v.row(row));
          }
        });
  }

  /** The entries that entered or left the support since the last call, as a share of its size. */
  double supportChange() {
    long[] changed = new long[d.rows()];
    long[] kept = new long[d.rows()];
    forEachTask(
        (from, to, own) -> {
          for (int row = from; row < to; row++) {
            BitSet now = supportOf(d.row(row));
            kept[row] = now.cardinality();
            support[row].xor(now);
            changed[row] = support[row].cardinality();
            support[row] = now;
          }
        });
    long total = 0;
    long size = 0;
    for (int row = 0; row < changed.length; row++) {
      total += changed[row];
      size += kept[row];
    }
    return total / (double) Math.max(1, size);
  }

  private void select(MemorySegment z, MemorySegment out) {
    sparsity.select(compute.kernels(), z, z, out);
  }

  private static BitSet supportOf(MemorySegment row) {
    float[] values = row.toArray(JAVA_FLOAT);
    BitSet set = new BitSet(values.length);
    for (int j = 0; j < values.length; j++) {
      if (values[j] != 0) {
        set.set(j);
      }
    }
    return set;
  }

  private interface Task {
    void run(int from, int to, Arena own);
  }

  private void forEachTask(Task task) {
    compute
        .workers()
        .forEachBlock(
            d.rows(),
            rowsOfTask,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                task.run(from, to, arena);
              }
            });
  }
}
