// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.constraint.RunLanes;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * GPTQ's sweep over a block for grids whose codes name vectors: run after run is rounded to the
 * vector that costs least once all later columns have made up for its errors. With U of {@link
 * ColumnOrder} on the run's columns that cost is e (U^T U)^-1 e. For one worker.
 */
final class RunSweep {
  private final LaneState state;
  private final RunLanes fits;
  private final int run;
  private final Matrix values;

  RunSweep(LaneState state, RunLanes fits, Arena arena) {
    this.state = state;
    this.fits = fits;
    this.run = state.layout().runLength();
    this.values = Matrix.allocate(arena, run, state.lanes());
  }

  /**
   * Rounds a block, places from (inclusive) to (exclusive) of an order that keeps runs together.
   *
   * @param running what the columns before have made of the block, [to - from, lanes]
   * @param error receives what each column's value was off, when its turn came
   */
  void sweep(ColumnOrder order, int from, int to, Matrix running, Matrix error) {
    for (int place = from; place < to; ) {
      int first = order.column(place) / run * run;
      int n = Math.min(run, state.columns() - first);
      choose(order, place, first, n, running.rowRange(place - from, place - from + n));
      for (int p = place; p < place + n; p++) {
        MemorySegment e = error.row(p - from);
        state.arithmetic().subtract(running.row(p - from), state.t().row(order.column(p)), e);
        if (p + 1 < to) {
          MemorySegment factors =
              order.feedback().row(p).asSlice((p + 1L) * Float.BYTES, (to - p - 1L) * Float.BYTES);
          Matrix later = running.rowRange(p + 1 - from, to - from);
          state.arithmetic().addOuter(factors, e, later.segment());
        }
      }
      place += n;
    }
  }

  private void choose(ColumnOrder order, int place, int first, int n, Matrix running) {
    for (int j = 0; j < n; j++) {
      values.row(order.column(place + j) - first).copyFrom(running.row(j));
    }
    Matrix codes = state.codes().rowRange(first, first + n);
    fits.nearestRun(first, form(order, place, first, n), values.rowRange(0, n), codes);
    for (int j = first; j < first + n; j++) {
      fits.values(j, state.codes().row(j), state.t().row(j));
    }
  }

  /** (U^T U)^-1 = V V^T with V = U^-1, its rows and columns in the order of the layer's. */
  private static float[] form(ColumnOrder order, int place, int first, int n) {
    double[][] v = new double[n][n];
    for (int j = n - 1; j >= 0; j--) {
      double pivot = order.pivot(place + j);
      v[j][j] = 1 / pivot;
      for (int k = j + 1; k < n; k++) {
        double sum = 0;
        for (int i = j + 1; i <= k; i++) {
          // The feedback has -U_ji / U_jj.
          sum += order.feedback().get(place + j, place + i) * v[i][k];
        }
        v[j][k] = sum;
      }
    }
    float[] form = new float[n * n];
    for (int j = 0; j < n; j++) {
      for (int k = 0; k < n; k++) {
        double sum = 0;
        for (int i = Math.max(j, k); i < n; i++) {
          sum += v[j][i] * v[k][i];
        }
        int row = order.column(place + j) - first;
        form[row * n + order.column(place + k) - first] = (float) sum;
      }
    }
    return form;
  }
}
