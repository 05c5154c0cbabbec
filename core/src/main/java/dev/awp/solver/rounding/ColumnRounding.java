// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.ColumnLanes;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Codes that stand alone, column by column. For one worker. */
final class ColumnRounding implements LaneRounding {
  private final LaneState state;
  private final ColumnLanes fits;
  private final ArithmeticKernels arithmetic;
  private final MemorySegment change;

  ColumnRounding(LaneState state, ColumnLanes fits, Arena arena) {
    this.state = state;
    this.fits = fits;
    this.arithmetic = state.arithmetic();
    this.change = arena.allocate(JAVA_FLOAT, state.lanes());
  }

  @Override
  public void round(Matrix target) {
    for (int j = 0; j < state.columns(); j++) {
      nearest(target.row(j), j, state.codes().row(j), state.t().row(j));
    }
  }

  @Override
  public void sweep(
      ColumnOrder order, int from, int to, boolean fit, Matrix running, Matrix error) {
    int unitSize = state.layout().unitSize();
    MemorySegment value = state.value();
    for (int j = from; j < to; j++) {
      int column = order.column(j);
      if (fit && column % unitSize == 0) {
        int end = Math.min(state.columns(), column + unitSize);
        fits.fitRange(column, running.rowRange(column, end));
      }
      nearest(running.row(j), column, state.codes().row(column), value);
      state.t().row(column).copyFrom(value);
      MemorySegment e = error.row(j - from);
      arithmetic.subtract(running.row(j), value, e);
      if (j + 1 < to) {
        MemorySegment factors =
            order.feedback().row(j).asSlice((j + 1L) * Float.BYTES, (to - j - 1L) * Float.BYTES);
        arithmetic.addOuter(factors, e, running.rowRange(j + 1, to).segment());
      }
    }
  }

  /** Each column goes to the grid point nearest to T_j + G_j / C_jj, the strongest first. */
  @Override
  public void descend(Matrix g, int from, int to) {
    for (int j : ColumnOrder.byActivation(state.c(), from, to)) {
      descend(j, g.row(j - from), g, from, to);
    }
  }

  private void descend(int j, MemorySegment gradient, Matrix g, int from, int to) {
    float curvature = state.c().get(j, j);
    if (!(curvature > 0)) {
      return;
    }
    MemorySegment t = state.t().row(j);
    MemorySegment value = state.value();
    arithmetic.multiplyAdd(1 / curvature, gradient, t, value);
    nearest(value, j, state.codes().row(j), value);
    arithmetic.subtract(t, value, change);
    t.copyFrom(value);
    MemorySegment residual = state.residual().row(j);
    arithmetic.add(residual, change, residual);
    arithmetic.addOuter(state.coupling(j, from, to), change, g.segment());
  }

  /** The point of the column's grid nearest to x, as the file will hold it; 0 off the mask. */
  private void nearest(MemorySegment x, int column, MemorySegment codes, MemorySegment out) {
    fits.nearest(column, x, codes);
    state.hold(column, codes);
    fits.values(column, codes, out);
  }
}
