// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/** The drift of one site's inputs, while layers need targets that make up for it. */
public final class DriftedSite implements AutoCloseable {
  private final CrossMoment moment;
  private final Optional<CrossMoment> residual;
  private final Arena arena;
  private final DriftTarget target;
  private final Optional<Matrix> missing;

  /**
   * Takes over moments, which are closed with this.
   *
   * @param c the second moment of the drifted inputs
   * @param moment D
   * @param residual R of the site's only layer, where there is one
   * @param what the site, for messages
   */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  public DriftedSite(
      Matrix c, CrossMoment moment, Optional<CrossMoment> residual, String what, Compute compute) {
    this.moment = moment;
    this.residual = residual;
    this.arena = Arena.ofShared();
    try {
      this.target = new DriftTarget(c, moment.finish(what), moment.tokens(), compute, arena);
      this.missing = residual.map(r -> r.finish(what));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  public Matrix target(Matrix w, SegmentAllocator allocator) {
    return target.of(w, missing, allocator);
  }

  /** Frees two matrices of C's size, and R; once is enough, twice does no harm. */
  @Override
  public void close() {
    moment.close();
    residual.ifPresent(CrossMoment::close);
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
