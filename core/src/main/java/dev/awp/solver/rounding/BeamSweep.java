// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.blas.Blas.Op;
import dev.awp.solver.rounding.RoundingPlan.Block;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * GPTQ's sweep, group by group, with a beam in every block ({@link BeamRounding}): of its ways the
 * best one goes on to the next block. Runs are rounded one by one ({@link RunSweep}). On the way it
 * can fit each group's grid to what the columns before have made of the group's values, weighed by
 * what an error there costs once all later columns have made up for it. For one worker.
 */
final class BeamSweep {
  private final LaneState state;
  private final RoundingPlan plan;
  private final BlockSweep rounding;

  BeamSweep(LaneState state, RoundingPlan plan, int width, Arena arena) {
    this.state = state;
    this.plan = plan;
    if (state.layout().hasRuns()) {
      RunSweep runs = new RunSweep(state, arena);
      this.rounding =
          (order, block, running, error) ->
              runs.sweep(order, block.from(), block.to(), running, error);
    } else {
      BlockRounding beam = new BlockRounding(state, width, ColumnLayout.BLOCK);
      this.rounding =
          (order, block, running, error) ->
              beam.sweep(order, block.from(), block.feedback(), running, error);
    }
  }

  /** Rounds a block; its error is what each column's value was off its point. */
  @FunctionalInterface
  private interface BlockSweep {
    void sweep(ColumnOrder order, Block block, Matrix running, Matrix error);
  }

  /**
   * Sweeps; sets codes and T.
   *
   * @param target what is rounded, [dIn, lanes]
   * @param fit whether the grids are fitted on the way
   * @param error scratch, [128 or a unit's columns, lanes]
   */
  void run(Matrix target, boolean fit, Matrix error) {
    ColumnOrder order = plan.order();
    int columns = target.rows();
    try (Arena arena = Arena.ofConfined()) {
      Matrix running = Matrix.allocate(arena, columns, state.lanes());
      Matrix trial = Matrix.allocate(arena, fit ? ColumnLayout.BLOCK : 0, state.lanes());
      for (int place = 0; place < columns; place++) {
        running.row(place).copyFrom(target.row(order.column(place)));
      }
      for (Block block : plan.blocks()) {
        int from = block.from();
        int to = block.to();
        if (fit) {
          fit(block, running, trial, error);
        }
        Matrix errors = error.rowRange(0, to - from);
        rounding.sweep(order, block, running.rowRange(from, to), errors);
        if (to < columns) {
          Matrix feedback = order.feedback().rowRange(from, to).columnRange(to, columns);
          Matrix later = running.rowRange(to, columns);
          state.compute().blas().gemm(Op.TRANSPOSE, Op.NONE, 1, feedback, errors, 1, later);
        }
      }
    }
  }

  /** Fits the groups that begin in a block, one after the other, each rounded before the next. */
  private void fit(Block block, Matrix running, Matrix trial, Matrix scratch) {
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
    state.fits().fitSearched(group(start) * state.layout().groupSize(), held, weights);
  }

  /** Rounds a group's columns in the trial, and lets the rest of the block make up for them. */
  private void round(int start, int end, Block block, Matrix trial, Matrix scratch) {
    int from = block.from();
    MemorySegment codes = scratch.row(0);
    MemorySegment value = scratch.row(1);
    for (int place = start; place < end; place++) {
      int column = plan.order().column(place);
      MemorySegment x = trial.row(place - from);
      state.fits().nearest(column, x, codes);
      state.hold(column, codes);
      state.fits().values(column, codes, value);
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
