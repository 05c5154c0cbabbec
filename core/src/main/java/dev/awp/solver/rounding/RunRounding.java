// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.constraint.RunLanes;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Codes that are chosen run by run. For one worker. */
final class RunRounding implements LaneRounding {
  private final LaneState state;
  private final RunLanes fits;
  private final RunSweep sweep;
  private final RunDescent descent;

  RunRounding(LaneState state, RunLanes fits, Arena arena) {
    this.state = state;
    this.fits = fits;
    this.sweep = new RunSweep(state, fits, arena);
    this.descent = new RunDescent(state, arena);
  }

  @Override
  public void round(Matrix target) {
    int run = state.layout().runLength();
    for (int first = 0; first < state.columns(); first += run) {
      int to = Math.min(state.columns(), first + run);
      float[] identity = new float[(to - first) * (to - first)];
      for (int j = 0; j < to - first; j++) {
        identity[j * (to - first + 1)] = 1;
      }
      Matrix codes = state.codes().rowRange(first, to);
      fits.nearestRun(first, identity, target.rowRange(first, to), codes);
      for (int j = first; j < to; j++) {
        fits.values(j, state.codes().row(j), state.t().row(j));
      }
    }
  }

  /** Units begin with a block in the order of the columns. */
  @Override
  public void sweep(
      ColumnOrder order, int from, int to, boolean fit, Matrix running, Matrix error) {
    int unitSize = state.layout().unitSize();
    if (fit && from % unitSize == 0) {
      int end = Math.min(state.columns(), from + unitSize);
      fits.fitRange(from, running.rowRange(from, end));
    }
    sweep.sweep(order, from, to, running.rowRange(from, to), error);
  }

  @Override
  public void descend(Matrix g, int from, int to) {
    int run = state.layout().runLength();
    for (int first = from; first < to; first += run) {
      int end = Math.min(to, first + run);
      Matrix own = g.rowRange(first - from, end - from);
      Matrix values = state.t().rowRange(first, end);
      Matrix codes = state.codes().rowRange(first, end);
      RunDescent.Fit fit = RunDescent.Fit.of(fits, first);
      Matrix lost = descent.move(first, fit, values, codes, own, false);
      for (int j = first; j < end; j++) {
        MemorySegment loss = lost.row(j - first);
        MemorySegment residual = state.residual().row(j);
        state.arithmetic().add(residual, loss, residual);
        state.arithmetic().addOuter(state.coupling(j, from, to), loss, g.segment());
      }
    }
  }
}
