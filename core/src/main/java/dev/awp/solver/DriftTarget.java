// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.kernel.Blas.Op;
import dev.awp.kernel.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;

/**
 * What a layer should be when its inputs have drifted: with x the original model's inputs, x~ those
 * that the compressed blocks deliver, C~ = E[x~ x~^T] and D = E[(x - x~) x~^T], the weights that
 * best reproduce W x from x~ are
 *
 * <pre>
 *   argmin_T E |W x - T x~|^2 = W + W D C~^-1
 * </pre>
 *
 * <p>The whole way fits the calibration text and not others: the target goes {@link #STEP} of it,
 * with C~ damped (docs/decisions/0007-target.md).
 */
public final class DriftTarget {
  /** The part of the way from W that lowers perplexity on held-out text most. */
  private static final double STEP = 0.5;

  /** Added to the diagonal of C~, in units of its mean. */
  private static final double DAMPING = 0.01;

  private final Matrix drift;
  private final Matrix inverse;
  private final Compute compute;

  /**
   * Of one input site.
   *
   * @param c C~, [dIn, dIn]
   * @param drift D, [dIn, dIn]
   * @param allocator of the inverse, as large as C~
   */
  public DriftTarget(Matrix c, Matrix drift, Compute compute, SegmentAllocator allocator) {
    this.drift = drift;
    this.compute = compute;
    this.inverse = Matrix.allocate(allocator, c.rows(), c.columns());
    double mean = DampedFactor.meanDiagonal(c);
    DampedFactor.invert(into -> into.copyFrom(c), mean > 0 ? mean : 1, DAMPING, inverse, compute);
  }

  /** The target for weights W, [dOut, dIn]; W itself where nothing has drifted. */
  public Matrix of(Matrix w, SegmentAllocator allocator) {
    Matrix target = Matrix.allocate(allocator, w.rows(), w.columns());
    target.copyFrom(w);
    try (Arena arena = Arena.ofShared()) {
      Matrix moved = Matrix.allocate(arena, w.rows(), w.columns());
      compute.parallelBlas().gemm(Op.NONE, Op.NONE, (float) STEP, w, drift, 0, moved);
      compute.parallelBlas().gemm(Op.NONE, Op.NONE, 1, moved, inverse, 1, target);
    }
    return target;
  }
}
