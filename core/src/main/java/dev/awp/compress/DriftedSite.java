// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.CrossMoment;
import dev.awp.kernel.Compute;
import dev.awp.solver.DriftTarget;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;

/** The drift of one site's inputs, while layers need targets that make up for it. */
final class DriftedSite implements AutoCloseable {
  private final CrossMoment moment;
  private final Arena arena;
  private final DriftTarget target;

  /**
   * Takes over a moment.
   *
   * @param c the second moment of the drifted inputs
   * @param moment closed with this
   * @param what the site, for messages
   */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  DriftedSite(Matrix c, CrossMoment moment, String what, Compute compute) {
    this.moment = moment;
    this.arena = Arena.ofShared();
    try {
      this.target = new DriftTarget(c, moment.finish(what), compute, arena);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  Matrix target(Matrix w, SegmentAllocator allocator) {
    return target.of(w, allocator);
  }

  /** Frees two matrices of C's size; once is enough, twice does no harm. */
  @Override
  public void close() {
    moment.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
