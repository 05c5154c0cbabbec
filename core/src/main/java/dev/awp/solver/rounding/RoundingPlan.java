// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * What {@link GridDescent} decomposes of C before the rows are shared out: the order of its sweeps,
 * block by block, and orders of some neighbouring columns each, which are rounded anew while all
 * others stay as they are. There are none of the latter where the columns of a run move together.
 *
 * @param order of the sweeps, group by group
 * @param blocks of the sweep, of whole groups where these are no wider
 * @param pieces for each descent of a round, of the columns from left to right
 */
record RoundingPlan(ColumnOrder order, List<Block> blocks, List<List<Piece>> pieces) {
  /** Damping of a piece: between fixed columns little can go wrong. */
  private static final double PIECE_DAMPING = 1e-3;

  /** Places from (inclusive) to (exclusive) of the order. */
  record Block(int from, int to) {}

  /**
   * Columns from (inclusive) to (exclusive); the order counts from the first.
   *
   * @param inverse (C + damping)^-1 of these columns
   */
  record Piece(int from, int to, ColumnOrder order, Matrix inverse) {}

  /**
   * Makes a plan.
   *
   * @param columnsOfPiece the most columns of a piece
   * @param descents of a round: the first has each piece in activation order, the others at random
   */
  static RoundingPlan of(
      ColumnOrder order,
      Matrix c,
      ColumnLayout layout,
      int columnsOfPiece,
      int descents,
      Compute compute,
      SegmentAllocator allocator) {
    List<List<Piece>> pieces = new ArrayList<>();
    for (int descent = 0; descent < descents; descent++) {
      List<Piece> some = new ArrayList<>();
      for (int from = 0; from < c.rows() && !layout.hasRuns(); from += layout.block()) {
        int to = Math.min(c.rows(), from + layout.block());
        for (int start = from; start < to; start += columnsOfPiece) {
          int end = Math.min(to, start + columnsOfPiece);
          some.add(piece(c, start, end, descent, compute, allocator));
        }
      }
      pieces.add(List.copyOf(some));
    }
    return new RoundingPlan(order, blocks(order, layout, c.rows()), List.copyOf(pieces));
  }

  private static Piece piece(
      Matrix c, int from, int to, int descent, Compute compute, SegmentAllocator allocator) {
    Matrix square = Matrix.allocate(allocator, to - from, to - from);
    for (int j = from; j < to; j++) {
      for (int k = from; k < to; k++) {
        square.set(j - from, k - from, c.get(j, k));
      }
    }
    int[] columns = descent == 0 ? ColumnOrder.byActivation(square) : random(to - from, descent);
    ColumnOrder order = ColumnOrder.of(square, columns, PIECE_DAMPING, compute, allocator);
    return new Piece(from, to, order, order.inverse(allocator));
  }

  private static int[] random(int n, int seed) {
    int[] order = IntStream.range(0, n).toArray();
    SplittableRandom random = new SplittableRandom(seed);
    for (int j = n - 1; j > 0; j--) {
      int other = random.nextInt(j + 1);
      int column = order[j];
      order[j] = order[other];
      order[other] = column;
    }
    return order;
  }

  private static List<Block> blocks(ColumnOrder order, ColumnLayout layout, int columns) {
    List<Block> blocks = new ArrayList<>();
    int from = 0;
    while (from < columns) {
      int to = Math.min(groupEnd(order, layout, from, columns), from + ColumnLayout.BLOCK);
      while (to < columns && layout.groupSize() <= ColumnLayout.BLOCK) {
        int end = groupEnd(order, layout, to, columns);
        if (end > from + ColumnLayout.BLOCK) {
          break;
        }
        to = end;
      }
      blocks.add(new Block(from, to));
      from = to;
    }
    return List.copyOf(blocks);
  }

  /** The place after the last of the group to which a place belongs. */
  static int groupEnd(ColumnOrder order, ColumnLayout layout, int place, int columns) {
    int group = layout.group(order.column(place));
    int end = place;
    while (end < columns && layout.group(order.column(end)) == group) {
      end++;
    }
    return end;
  }

  /** Bytes that a plan takes beside its order. */
  static long bytes(int columns, int columnsOfPiece, int descents) {
    return 3L * descents * columnsOfPiece * columns * Float.BYTES;
  }
}
