// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.constraint.ColumnLanes;
import dev.awp.solver.rounding.RoundingPlan.Block;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * Fits each group's grid when a sweep gets there: to what the columns before have made of the
 * group's values, weighed by what an error there costs once all later columns have made up for it.
 * For one worker.
 */
final class SweepFitting {
  private final LaneState state;
  private final ColumnLanes fits;
  private final RoundingPlan plan;

  SweepFitting(LaneState state, ColumnLanes fits, RoundingPlan plan) {
    this.state = state;
    this.fits = fits;
    this.plan = plan;
  }

  /**
   * Fits the groups that begin in a block, one after the other, each rounded before the next.
   *
   * @param running what the columns before have made of all columns, [dIn, lanes], by place
   * @param trial scratch, [128, lanes]
   * @param scratch [128 or a unit's columns, lanes]
   */
  void fit(Block block, Matrix running, Matrix trial, Matrix scratch) {
    ColumnOrder order = plan.order();
    ColumnLayout layout = state.layout();
    int from = block.from();
    for (int place = from; place < block.to(); place++) {
      trial.row(place - from).copyFrom(running.row(place));
    }
    for (int start = from; start < block.to(); ) {
      int end = RoundingPlan.groupEnd(order, layout, start, state.columns());
      boolean begins = start == 0 || group(start - 1) != group(start);
      if (begins) {
        boolean inside = end <= block.to();
        Matrix values =
            inside ? trial.rowRange(start - from, end - from) : running.rowRange(start, end);
        fitGroup(start, values, scratch);
      }
      if (end < block.to()) {
        round(start, end, block, trial, scratch);
      }
      start = end;
    }
  }

  private int group(int place) {
    return state.layout().group(plan.order().column(place));
  }

  private void fitGroup(int start, Matrix values, Matrix scratch) {
    float[] weights = new float[values.rows()];
    Matrix held = scratch.rowRange(0, values.rows());
    for (int j = 0; j < values.rows(); j++) {
      float pivot = plan.order().pivot(start + j);
      weights[j] = 1 / (pivot * pivot);
      held.row(j).copyFrom(values.row(j));
      state.hold(plan.order().column(start + j), held.row(j));
    }
    fits.fitSearched(group(start) * state.layout().groupSize(), held, weights);
  }

  /** Rounds a group's columns in the trial, and lets the rest of the block make up for them. */
  private void round(int start, int end, Block block, Matrix trial, Matrix scratch) {
    int from = block.from();
    MemorySegment codes = scratch.row(0);
    MemorySegment value = scratch.row(1);
    for (int place = start; place < end; place++) {
      int column = plan.order().column(place);
      MemorySegment x = trial.row(place - from);
      fits.nearest(column, x, codes);
      state.hold(column, codes);
      fits.values(column, codes, value);
      state.arithmetic().subtract(x, value, value);
      MemorySegment factors =
          plan.order()
              .feedback()
              .row(place)
              .asSlice((place + 1L) * Float.BYTES, (block.to() - place - 1L) * Float.BYTES);
      Matrix later = trial.rowRange(place + 1 - from, block.to() - from);
      state.arithmetic().addOuter(factors, value, later.segment());
    }
  }
}
