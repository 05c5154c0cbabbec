// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas.Op;
import dev.awp.constraint.ColumnLanes;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.solver.rounding.RoundingPlan.Piece;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * {@link BeamRounding} of a block of a sweep, or of a few columns while all others stay as they
 * are. For one worker.
 */
final class BlockRounding {
  /** Matrices of as many rows as columns are rounded at once. */
  private static final int SCRATCH = 3;

  private final LaneState state;
  private final BeamRounding beam;
  private final Matrix target;
  private final Matrix codes;
  private final Matrix error;
  private final MemorySegment falls;

  /**
   * Scratch.
   *
   * @param width ways that are kept
   * @param columns the most that are rounded at once
   */
  BlockRounding(LaneState state, ColumnLanes fits, int width, int columns, Arena arena) {
    this.state = state;
    this.beam = new BeamRounding(state, fits, width, columns, arena);
    this.target = Matrix.allocate(arena, columns, state.lanes());
    this.codes = Matrix.allocate(arena, columns, state.lanes());
    this.error = Matrix.allocate(arena, columns, state.lanes());
    this.falls = arena.allocate(JAVA_FLOAT, state.lanes());
  }

  /** Rows of all lanes that the scratch has, beside that of {@link BeamRounding#bytes}. */
  static int rows(int columns) {
    return SCRATCH * columns + 1;
  }

  /**
   * Rounds a block of a sweep, places from (inclusive) to (exclusive) of its order.
   *
   * @param running what the columns before have made of the block, [to - from, lanes]
   * @param lost receives what each column's value was off its point, of the same shape
   */
  void sweep(ColumnOrder order, int from, int to, Matrix running, Matrix lost) {
    beam.round(order, from, to, 0, running, codes, lost);
    for (int place = from; place < to; place++) {
      int column = order.column(place);
      MemorySegment found = state.codes().row(column);
      found.copyFrom(codes.row(place - from));
      state.fits().values(column, found, state.t().row(column));
    }
  }

  /**
   * Rounds the columns of a piece anew, from where they would lie without a grid: t + C^-1 G there.
   * What is found is taken in those lanes where f falls by it.
   *
   * @param g the gradient G of these columns, [n, lanes]; not changed
   * @param lost receives what T lost, old less new
   */
  void improve(Piece piece, Matrix g, Matrix lost) {
    ColumnOrder order = piece.order();
    int first = piece.from();
    int n = piece.to() - first;
    Matrix moved = lost;
    for (int j = 0; j < n; j++) {
      moved.row(j).copyFrom(state.t().row(first + j));
    }
    state.compute().blas().gemm(Op.NONE, Op.NONE, 1, piece.inverse(), g, 1, moved);
    for (int j = 0; j < n; j++) {
      target.row(j).copyFrom(moved.row(order.column(j)));
    }
    beam.round(order, 0, n, first, target, codes, error);
    ArithmeticKernels arithmetic = state.arithmetic();
    for (int j = 0; j < n; j++) {
      int column = order.column(j);
      MemorySegment loss = lost.row(column);
      state.fits().values(first + column, codes.row(j), loss);
      arithmetic.subtract(state.t().row(first + column), loss, loss);
    }
    takeFalling(piece, g, lost);
    for (int j = 0; j < n; j++) {
      take(first, order.column(j), codes.row(j), lost);
    }
  }

  /** What was lost becomes 0 where f does not fall: its change is lost . (2 G + C lost). */
  private void takeFalling(Piece piece, Matrix g, Matrix lost) {
    int n = lost.rows();
    Matrix products = target.rowRange(0, n);
    Matrix coupling =
        state.c().rowRange(piece.from(), piece.to()).columnRange(piece.from(), piece.to());
    state.compute().blas().gemm(Op.NONE, Op.NONE, 1, coupling, lost, 0, products);
    for (int j = 0; j < n; j++) {
      state.arithmetic().multiplyAdd(2, g.row(j), products.row(j), products.row(j));
    }
    double[] changes = state.dots(lost, products);
    for (int lane = 0; lane < changes.length; lane++) {
      falls.setAtIndex(JAVA_FLOAT, lane, changes[lane] < 0 ? 1 : 0);
    }
    for (int j = 0; j < n; j++) {
      state.compute().kernels().selection().applyMask(falls, lost.row(j), lost.row(j));
    }
  }

  /** Takes a column's new codes in the lanes where f falls. */
  private void take(int first, int column, MemorySegment found, Matrix lost) {
    ArithmeticKernels arithmetic = state.arithmetic();
    MemorySegment own = state.codes().row(first + column);
    // Codes are small whole numbers, whose differences and sums are exact.
    arithmetic.subtract(found, own, found);
    state.compute().kernels().selection().applyMask(falls, found, found);
    arithmetic.add(own, found, own);
    state.fits().values(first + column, own, state.t().row(first + column));
    MemorySegment residual = state.residual().row(first + column);
    arithmetic.add(residual, lost.row(column), residual);
  }
}
