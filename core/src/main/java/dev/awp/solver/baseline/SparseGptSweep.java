// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.baseline;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.solver.rounding.ColumnOrder;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * The sweep of {@link SparseGpt} over some rows (SparseGPT, algorithm 1), which for one thread is
 * independent of all others. Inside a block of columns every error is fed back at once; the columns
 * behind it receive the errors of the whole block as one product.
 */
final class SparseGptSweep {
  private final Sparsity sparsity;
  private final Optional<IntegerGrid> grid;
  private final int group;
  private final ColumnOrder order;
  private final Compute compute;
  private final Matrix t;
  private final int columns;
  private final ColumnBlocks blocks;
  private final Matrix errors;
  private final Matrix masks;
  private final MemorySegment ones;
  private final MemorySegment scores;
  private final MemorySegment rounded;
  private final RowProjection fit;
  private final RowProjection fitLast;
  private final float[] w = new float[ColumnBlocks.WIDTH];
  private final float[] square = new float[ColumnBlocks.WIDTH * ColumnBlocks.WIDTH];

  /**
   * Prepares a sweep.
   *
   * @param t the rows: holds W before and T after the sweep
   */
  SparseGptSweep(
      Constraint constraint,
      ColumnOrder order,
      Compute compute,
      Matrix t,
      SegmentAllocator scratch) {
    this.sparsity = constraint.sparsity().orElseThrow();
    this.grid = IntegerGrid.of(constraint);
    this.order = order;
    this.compute = compute;
    this.t = t;
    this.columns = t.columns();
    this.group = grid.map(g -> g.groupSize(columns)).orElse(1);
    int pattern = sparsity instanceof NmSparsity nm ? nm.group() : 1;
    this.blocks = new ColumnBlocks(columns, pattern, group);
    this.errors = Matrix.allocate(scratch, t.rows(), Math.min(columns, ColumnBlocks.WIDTH));
    this.masks = Matrix.allocate(scratch, t.rows(), columns);
    this.ones = scratch.allocate(JAVA_FLOAT, ColumnBlocks.WIDTH);
    this.scores = scratch.allocate(JAVA_FLOAT, ColumnBlocks.WIDTH);
    this.rounded = scratch.allocate(JAVA_FLOAT, Math.min(group, columns));
    for (int j = 0; j < ColumnBlocks.WIDTH; j++) {
      ones.setAtIndex(JAVA_FLOAT, j, 1);
    }
    this.fit = fitting(Math.min(group, columns), scratch);
    int last = columns % group;
    this.fitLast = last == 0 ? fit : fitting(last, scratch);
  }

  /** Fits one group of that many columns. */
  private RowProjection fitting(int size, SegmentAllocator scratch) {
    return grid.map(g -> new IntegerGrid(g.bits(), 0, g.symmetric(), g.storage()))
        .map(g -> g.rowProjection(compute.kernels(), size, scratch))
        .orElse((z, out, parameters, row) -> {});
  }

  /**
   * Sweeps.
   *
   * @param parameters receives the grids
   * @param first the index of the first row in the parameters
   */
  void run(GridParameters parameters, int first) {
    int end;
    for (int from = 0; from < columns; from = end) {
      end = blocks.end(from);
      int width = end - from;
      for (int j = 0; j < width; j++) {
        MemorySegment row = order.feedback().row(from + j);
        MemorySegment.copy(
            row, JAVA_FLOAT, (long) from * Float.BYTES, square, j * ColumnBlocks.WIDTH, width);
      }
      for (int row = 0; row < t.rows(); row++) {
        sweepBlock(row, from, end, parameters, first + row);
      }
      Matrix behind = order.feedback().rowRange(from, end).columnRange(end, columns);
      Matrix error = errors.columnRange(0, width);
      if (end < columns) {
        compute.blas().gemm(Op.NONE, Op.NONE, 1, error, behind, 1, t.columnRange(end, columns));
      }
    }
  }

  private void sweepBlock(int row, int from, int end, GridParameters parameters, int gridRow) {
    int width = end - from;
    MemorySegment values =
        t.row(row).asSlice((long) from * Float.BYTES, (long) width * Float.BYTES);
    MemorySegment mask = masks.row(row);
    MemorySegment error = errors.row(row);
    MemorySegment.copy(values, JAVA_FLOAT, 0, w, 0, width);
    if (sparsity instanceof RowSparsity rows) {
      int kept = keptUntil(rows, end) - keptUntil(rows, from);
      score(row, from, end, from, end);
      compute
          .kernels()
          .selection()
          .keepLargest(
              floats(scores, 0, width), floats(ones, 0, width), kept, floats(mask, from, width));
    }
    for (int j = 0; j < width; j++) {
      int column = from + j;
      if (sparsity instanceof NmSparsity nm && column % nm.group() == 0) {
        int size = Math.min(nm.group(), columns - column);
        score(row, column, column + size, from, end);
        nm.select(
            compute.kernels(),
            floats(scores, 0, size),
            floats(ones, 0, size),
            floats(mask, column, size));
      }
      if (grid.isPresent() && column % group == 0) {
        MemorySegment.copy(w, 0, values, JAVA_FLOAT, 0, width);
        fitGroup(row, column, parameters, gridRow);
      }
      float q = mask.getAtIndex(JAVA_FLOAT, column) == 0 ? 0 : w[j];
      if (grid.isPresent() && q != 0) {
        float scale = parameters.scales().get(gridRow, column / group);
        float zeroPoint = parameters.zeroPoints().get(gridRow, column / group);
        q = grid.get().nearest(q, scale, zeroPoint);
      }
      float err = w[j] - q;
      error.setAtIndex(JAVA_FLOAT, j, err);
      feedBack(err, j, width);
      w[j] = q;
    }
    MemorySegment.copy(w, 0, values, JAVA_FLOAT, 0, width);
  }

  /** w_k -= err U_jk / U_jj for the columns k behind j in the block. */
  private void feedBack(float err, int j, int width) {
    if (err != 0) {
      int offset = j * ColumnBlocks.WIDTH;
      for (int k = j + 1; k < width; k++) {
        w[k] += err * square[offset + k];
      }
    }
  }

  /** Entries that a row keeps left of a column: an even share of its total in every block. */
  private int keptUntil(RowSparsity rows, int column) {
    long pruned = (long) columns - rows.kept(columns);
    return column - (int) ((2 * pruned * column + columns) / (2L * columns));
  }

  /** Scores |w_j| / U_jj of the columns from start to stop; those of the block are in w. */
  private void score(int row, int start, int stop, int from, int end) {
    for (int column = start; column < stop; column++) {
      float value = column < end ? w[column - from] : t.get(row, column);
      scores.setAtIndex(JAVA_FLOAT, column - start, value / order.pivot(column));
    }
  }

  private void fitGroup(int row, int column, GridParameters parameters, int gridRow) {
    int size = Math.min(group, columns - column);
    int index = column / group;
    GridParameters own =
        new GridParameters(
            parameters.scales().columnRange(index, index + 1),
            parameters.zeroPoints().columnRange(index, index + 1));
    RowProjection projection = size == group ? fit : fitLast;
    projection.project(floats(t.row(row), column, size), floats(rounded, 0, size), own, gridRow);
  }

  private static MemorySegment floats(MemorySegment segment, int from, int count) {
    return segment.asSlice((long) from * Float.BYTES, (long) count * Float.BYTES);
  }
}
