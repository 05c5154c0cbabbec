// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.blas.Blas.Op;
import dev.awp.constraint.ColumnLanes;
import dev.awp.constraint.RunLanes;
import dev.awp.solver.rounding.RoundingPlan.Block;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/**
 * GPTQ's sweep, group by group, with a beam in every block ({@link BeamRounding}): of its ways the
 * best one goes on to the next block. Runs are rounded one by one ({@link RunSweep}). Groups of
 * single columns can be fitted on the way ({@link SweepFitting}). For one worker.
 */
final class BeamSweep {
  private final LaneState state;
  private final RoundingPlan plan;
  private final BlockSweep rounding;
  private final Optional<SweepFitting> fitting;

  BeamSweep(LaneState state, RoundingPlan plan, int width, Arena arena) {
    this.state = state;
    this.plan = plan;
    switch (state.fits()) {
      case ColumnLanes fits -> {
        BlockRounding beam = new BlockRounding(state, fits, width, ColumnLayout.BLOCK, arena);
        this.rounding =
            (order, block, running, error) ->
                beam.sweep(order, block.from(), block.to(), running, error);
        this.fitting = Optional.of(new SweepFitting(state, fits, plan));
      }
      case RunLanes fits -> {
        RunSweep runs = new RunSweep(state, fits, arena);
        this.rounding =
            (order, block, running, error) ->
                runs.sweep(order, block.from(), block.to(), running, error);
        this.fitting = Optional.empty();
      }
    }
  }

  /** Whether grids can be fitted on the way: those of single columns. */
  boolean fits() {
    return fitting.isPresent();
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
   * @param fit whether the grids are fitted on the way; only where {@link #fits}
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
          fitting.orElseThrow().fit(block, running, trial, error);
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
}
