// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.compute.Rows;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * A layer in the coordinates of ALPS: with E = diag(sqrt(C_jj)) the weights are W E and the second
 * moment is H = E^-1 C E^-1, whose diagonal is one. Magnitudes there rank as Wanda's scores do, and
 * plain conjugate gradient there is Jacobi-preconditioned in C.
 *
 * <p>A channel without input, or with so little that sqrt(C_jj) has no inverse, has E_jj = 0: its
 * weights are zero in these coordinates and stay zero, its row and column of H are zero.
 */
final class NormalizedLayer {
  private final Compute compute;
  private final Matrix h;
  private final MemorySegment scale;
  private final MemorySegment inverse;

  NormalizedLayer(Matrix c, Compute compute, SegmentAllocator allocator) {
    this.compute = compute;
    int n = c.rows();
    this.h = Matrix.allocate(allocator, n, n);
    this.scale = allocator.allocate(JAVA_FLOAT, n);
    this.inverse = allocator.allocate(JAVA_FLOAT, n);
    for (int j = 0; j < n; j++) {
      boolean alive = c.get(j, j) >= Float.MIN_NORMAL;
      double root = Math.sqrt(c.get(j, j));
      scale.setAtIndex(JAVA_FLOAT, j, alive ? (float) root : 0);
      inverse.setAtIndex(JAVA_FLOAT, j, alive ? (float) (1 / root) : 0);
    }
    Rows.forEach(compute, n, (from, to, scratch) -> normalize(c, from, to));
  }

  private void normalize(Matrix c, int from, int to) {
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    for (int i = from; i < to; i++) {
      float own = inverse.getAtIndex(JAVA_FLOAT, i);
      arithmetic.multiply(c.row(i), inverse, h.row(i));
      arithmetic.scale(h.row(i), own, h.row(i));
      h.set(i, i, own == 0 ? 0 : 1);
    }
  }

  /** H, [n, n]. */
  Matrix h() {
    return h;
  }

  /** Rows of W to rows of W E. */
  void enter(Matrix w, Matrix out) {
    for (int row = 0; row < w.rows(); row++) {
      compute.kernels().arithmetic().multiply(w.row(row), scale, out.row(row));
    }
  }

  /** Rows of D to rows of D E^-1. */
  void leave(Matrix d, Matrix out) {
    for (int row = 0; row < d.rows(); row++) {
      compute.kernels().arithmetic().multiply(d.row(row), inverse, out.row(row));
    }
  }
}
