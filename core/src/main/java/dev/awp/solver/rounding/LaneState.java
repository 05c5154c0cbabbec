// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.constraint.ColumnLanes.Neighbours;
import dev.awp.constraint.Grid;
import dev.awp.constraint.GridLanes;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Some rows of a layer on their grids, transposed: a lane for each row (see {@link GridPart}). All
 * matrices are [dIn, lanes].
 *
 * @param fits of the groups
 * @param c C, [dIn, dIn]
 * @param mask entries that are not zero may leave zero; empty where all may
 * @param codes of the columns' points
 * @param t their values, as the file will hold them
 * @param residual W - T
 * @param sum scratch, a float64 for each lane
 * @param value scratch, a float for each lane
 */
record LaneState(
    Grid grid,
    GridLanes fits,
    ColumnLayout layout,
    Matrix c,
    Optional<Matrix> mask,
    Matrix codes,
    Matrix t,
    Matrix residual,
    MemorySegment sum,
    MemorySegment value,
    Compute compute) {
  static LaneState allocate(
      Grid grid, int lanes, Matrix c, Optional<Matrix> mask, Compute compute, Arena arena) {
    return new LaneState(
        grid,
        grid.lanes(c.rows(), lanes, compute, arena),
        ColumnLayout.of(grid, c.rows()),
        c,
        mask,
        Matrix.allocate(arena, c.rows(), lanes),
        Matrix.allocate(arena, c.rows(), lanes),
        Matrix.allocate(arena, c.rows(), lanes),
        arena.allocate(JAVA_DOUBLE, lanes),
        arena.allocate(JAVA_FLOAT, lanes),
        compute);
  }

  ArithmeticKernels arithmetic() {
    return compute.kernels().arithmetic();
  }

  int lanes() {
    return t.columns();
  }

  /** Columns of the layer. */
  int columns() {
    return t.rows();
  }

  /** Entries of C in one row, from (inclusive) to (exclusive). */
  MemorySegment coupling(int column, int from, int to) {
    return c.row(column).asSlice((long) from * Float.BYTES, (long) (to - from) * Float.BYTES);
  }

  /** Codes, or values, off the mask become 0. */
  void hold(int column, MemorySegment x) {
    mask.ifPresent(m -> compute.kernels().selection().applyMask(m.row(column), x, x));
  }

  /** Off the mask 0 is the only point; in as many lanes from one on as there are neighbours. */
  void hold(int column, int lane, Neighbours found) {
    if (mask.isEmpty()) {
      return;
    }
    MemorySegment codes = found.codes();
    long lanes = codes.byteSize() / Float.BYTES;
    MemorySegment free =
        mask.get().row(column).asSlice((long) lane * Float.BYTES, codes.byteSize());
    compute.kernels().selection().applyMask(free, codes, codes);
    compute.kernels().selection().applyMask(free, found.values(), found.values());
    for (long i = 0; i < lanes; i++) {
      if (free.getAtIndex(JAVA_FLOAT, i) == 0) {
        found.others().setAtIndex(JAVA_FLOAT, i, Float.NaN);
        found.otherValues().setAtIndex(JAVA_FLOAT, i, Float.NaN);
      }
    }
  }

  /** Sum over the rows of x y, for each lane. */
  double[] dots(Matrix x, Matrix y) {
    sum.fill((byte) 0);
    for (int j = 0; j < x.rows(); j++) {
      arithmetic().multiply(x.row(j), y.row(j), value);
      arithmetic().accumulate(value, sum);
    }
    return sum.toArray(JAVA_DOUBLE);
  }
}
