// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.constraint.ColumnLanes;
import dev.awp.constraint.RunLanes;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * How the codes of a part's columns are chosen: one by one ({@link ColumnRounding}) or run by run
 * ({@link RunRounding}). Sets codes and T. For one worker.
 */
sealed interface LaneRounding permits ColumnRounding, RunRounding {
  /** The one for the grid's kind. */
  static LaneRounding of(LaneState state, Arena arena) {
    return switch (state.fits()) {
      case ColumnLanes columns -> new ColumnRounding(state, columns, arena);
      case RunLanes runs -> new RunRounding(state, runs, arena);
    };
  }

  /** Rounds values to their nearest points; [dIn, lanes]. */
  void round(Matrix target);

  /**
   * Rounds a block of GPTQ's sweep, places from (inclusive) to (exclusive) of its order.
   *
   * @param fit whether each unit's range is fitted where the sweep reaches it; columns then have
   *     their own order
   * @param running what the columns before have made of all columns, [dIn, lanes], by place
   * @param error receives what each column's value was off its point, [to - from, lanes]
   */
  void sweep(ColumnOrder order, int from, int to, boolean fit, Matrix running, Matrix error);

  /**
   * Moves the columns of a block, the residual with them, where f falls by it.
   *
   * @param g the block's gradient, kept up to date
   */
  void descend(Matrix g, int from, int to);
}
