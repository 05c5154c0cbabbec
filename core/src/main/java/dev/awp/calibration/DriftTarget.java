// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.linalg.DampedFactor;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * What a layer should be when what it computes with has drifted. x are the original model's inputs
 * of the layer and h the hidden states that its outputs are added to, x~ and h~ those of the
 * compressed layers before it. With C~ = E[x~ x~^T], D = E[(x - x~) x~^T] and R = E[(h - h~) x~^T],
 * the weights that best restore the sum are
 *
 * <pre>
 *   argmin_T E |(h + W x) - (h~ + T x~)|^2 = W + (W D + R) C~^-1
 * </pre>
 *
 * <p>For a layer whose outputs go another way, R = 0. The whole way fits the calibration text and
 * not others: the target goes {@link #STEP} of it, or less where tokens are few, with C~ damped
 * (docs/decisions/0007-target.md).
 */
public final class DriftTarget {
  /** The part of the way from W that lowers perplexity on held-out text most. */
  private static final double STEP = 0.75;

  /**
   * Tokens for each input from which on the step is the whole one: fewer determine the correction,
   * dIn unknowns a row, less, and the step shrinks with them.
   */
  private static final double TOKENS_PER_INPUT = 12;

  /** Added to the diagonal of C~, in units of its mean. */
  private static final double DAMPING = 0.01;

  private final Matrix drift;
  private final Matrix inverse;
  private final Compute compute;
  private final double step;

  /**
   * Of one input site.
   *
   * @param c C~, [dIn, dIn]
   * @param drift D, [dIn, dIn]
   * @param tokens of which the moments are means
   * @param allocator of the inverse, as large as C~
   */
  public DriftTarget(
      Matrix c, Matrix drift, long tokens, Compute compute, SegmentAllocator allocator) {
    this.step = STEP * Math.min(1, tokens / (TOKENS_PER_INPUT * c.columns()));
    this.drift = drift;
    this.compute = compute;
    this.inverse = Matrix.allocate(allocator, c.rows(), c.columns());
    double mean = DampedFactor.meanDiagonal(c);
    DampedFactor.invert(into -> into.copyFrom(c), mean > 0 ? mean : 1, DAMPING, inverse, compute);
  }

  /**
   * The target for weights; the weights themselves where nothing has drifted.
   *
   * @param w W, [dOut, dIn]
   * @param residual R, [dOut, dIn], where it is not 0
   */
  public Matrix of(Matrix w, Optional<Matrix> residual, SegmentAllocator allocator) {
    Matrix target = Matrix.allocate(allocator, w.rows(), w.columns());
    target.copyFrom(w);
    try (Arena arena = Arena.ofShared()) {
      Matrix missing = Matrix.allocate(arena, w.rows(), w.columns());
      residual.ifPresent(missing::copyFrom);
      compute
          .parallelBlas()
          .gemm(Op.NONE, Op.NONE, 1, w, drift, residual.isPresent() ? 1 : 0, missing);
      compute.parallelBlas().gemm(Op.NONE, Op.NONE, (float) step, missing, inverse, 1, target);
    }
    return target;
  }
}
