// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.blas.Blas.Op;
import dev.awp.constraint.ColumnLanes;
import dev.awp.solver.rounding.RoundingPlan.Piece;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/**
 * The searches inside a block of columns whose gradient is at hand: other grids for each group
 * ({@link GroupSearch}), and other codes for a few columns together ({@link BlockRounding}). f
 * never rises. For one worker.
 */
final class LocalSearch {
  private final LaneState state;
  private final RoundingPlan plan;
  private final Optional<BlockRounding> rounding;
  private final GroupSearch groups;
  private final Matrix lost;

  /**
   * Scratch.
   *
   * @param width ways that are kept where codes are chosen together
   */
  LocalSearch(
      LaneState state, RoundingPlan plan, int width, int columnsOfPiece, int block, Arena arena) {
    this.state = state;
    this.plan = plan;
    this.rounding =
        state.fits() instanceof ColumnLanes fits
            ? Optional.of(new BlockRounding(state, fits, width, columnsOfPiece, arena))
            : Optional.empty();
    int groupSize = Math.min(ColumnLayout.BLOCK, state.layout().groupSize());
    this.groups = new GroupSearch(state, groupSize, arena);
    this.lost = Matrix.allocate(arena, block, state.lanes());
  }

  /** Searches the grid of a group inside a block; g is the block's gradient, kept up to date. */
  void group(Matrix g, int from, int to, int start, int end, int[] order) {
    Matrix change = lost.rowRange(0, end - start);
    groups.search(g.rowRange(start - from, end - from), start, end, order, change);
    couple(g, from, to, start, end, change);
  }

  /** Rounds the pieces of a block anew; runs are pieces themselves, and there are no others. */
  void pieces(int descent, Matrix g, int from, int to) {
    rounding.ifPresent(beam -> pieces(beam, descent, g, from, to));
  }

  private void pieces(BlockRounding beam, int descent, Matrix g, int from, int to) {
    for (Piece piece : plan.pieces().get(descent)) {
      if (piece.from() >= from && piece.to() <= to) {
        Matrix change = lost.rowRange(0, piece.to() - piece.from());
        Matrix own = g.rowRange(piece.from() - from, piece.to() - from);
        beam.improve(piece, own, change);
        couple(g, from, to, piece.from(), piece.to(), change);
      }
    }
  }

  private void couple(Matrix g, int from, int to, int start, int end, Matrix change) {
    Matrix coupling = state.c().rowRange(from, to).columnRange(start, end);
    state.compute().blas().gemm(Op.NONE, Op.NONE, 1, coupling, change, 1, g);
  }
}
