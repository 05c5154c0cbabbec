// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.AwpException;
import dev.awp.kernel.Cholesky;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * The upper triangular U with U^T U = H^-1, H = C / m + .01 I and m = mean(diag C): the Hessian of
 * GPTQ and SparseGPT, damped as their code damps it. Dividing by m changes no result of either
 * method and keeps all numbers of order one.
 *
 * <p>With J the reversal of the order, J H J = L L^T gives H = R R^T for the upper R = J L J, so U
 * = R^-1 = J L^-1 J: one factorization and one triangular inverse, and H^-1 is never formed.
 *
 * <p>A channel without any input has H_jj = 1 + .01 and no coupling. Where rounding leaves H
 * indefinite, its damping is raised tenfold until the factorization succeeds.
 */
final class InverseFactor {
  private static final double DAMPING = 0.01;
  private static final double LARGEST_DAMPING = 1e6;

  /** Rows or pairs of rows that are one task. */
  private static final int BLOCK = 64;

  private final Matrix u;
  private final double flops;

  private InverseFactor(Matrix u, double flops) {
    this.u = u;
    this.flops = flops;
  }

  /** U, [n, n]. */
  Matrix u() {
    return u;
  }

  /** What it took, failed attempts included. */
  double flops() {
    return flops;
  }

  static InverseFactor of(Matrix c, Compute compute, SegmentAllocator allocator) {
    int n = c.rows();
    Matrix u = Matrix.allocate(allocator, n, n);
    Cholesky cholesky = new Cholesky(compute);
    double flops = 0;
    for (double damping = DAMPING; damping <= LARGEST_DAMPING; damping *= 10) {
      buildReversed(c, damping, u, compute);
      flops += Cholesky.factorFlops(n);
      if (cholesky.factor(u).isEmpty()) {
        cholesky.invertLower(u);
        reverse(u, compute);
        return new InverseFactor(u, flops + Cholesky.factorFlops(n));
      }
    }
    throw new AwpException(
        "the second moment %s holds a NaN or an infinity, or is far from positive semi-definite"
            .formatted(c));
  }

  /** Whether channel j never has an input other than zero. */
  static boolean isDead(Matrix c, int j) {
    return !(c.get(j, j) > 0);
  }

  /** J (C / m + damping I) J. */
  private static void buildReversed(Matrix c, double damping, Matrix out, Compute compute) {
    int n = c.rows();
    double trace = 0;
    for (int j = 0; j < n; j++) {
      trace += Math.max(0, c.get(j, j));
    }
    double factor = trace == 0 ? 0 : n / trace;
    boolean[] dead = new boolean[n];
    for (int j = 0; j < n; j++) {
      dead[j] = isDead(c, j);
    }
    compute
        .workers()
        .forEachBlock(
            n,
            BLOCK,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                MemorySegment source = c.row(n - 1 - i);
                MemorySegment row = out.row(i);
                for (int j = 0; j < n; j++) {
                  boolean coupled = !dead[n - 1 - i] && !dead[n - 1 - j];
                  double value = coupled ? factor * source.getAtIndex(JAVA_FLOAT, n - 1L - j) : 0;
                  row.setAtIndex(JAVA_FLOAT, j, (float) value);
                }
                double diagonal = dead[n - 1 - i] ? 1 : out.get(i, i);
                out.set(i, i, (float) (diagonal + damping));
              }
            });
  }

  /** A becomes J A J: row i, mirrored, changes places with row n - 1 - i. */
  private static void reverse(Matrix a, Compute compute) {
    int n = a.rows();
    compute
        .workers()
        .forEachBlock(
            Math.ceilDiv(n, 2),
            BLOCK,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                float[] upper = a.row(i).toArray(JAVA_FLOAT);
                float[] lower = a.row(n - 1 - i).toArray(JAVA_FLOAT);
                for (int j = 0; j < n; j++) {
                  a.set(i, j, lower[n - 1 - j]);
                  a.set(n - 1 - i, j, upper[n - 1 - j]);
                }
              }
            });
  }
}
