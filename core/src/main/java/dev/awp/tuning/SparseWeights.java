// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tuning;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.Storage;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Weights whose zeros stay zeros; the others move by shares of their row's root mean square. */
final class SparseWeights implements TunedWeights {
  private static final int ROWS = 16;

  private final DType stored;
  private final GridParameters none;
  private final Compute compute;
  private final Matrix values;
  private final Matrix best;
  private final float[] sizes;

  /**
   * Starts at a solution.
   *
   * @param stored the type in which values are stored
   * @param solved T, [dOut, dIn]
   * @param none its parameters, which are empty
   */
  SparseWeights(DType stored, Matrix solved, GridParameters none, Compute compute, Arena arena) {
    this.stored = stored;
    this.none = none;
    this.compute = compute;
    this.values = Matrix.allocate(arena, solved.rows(), solved.columns());
    this.best = Matrix.allocate(arena, solved.rows(), solved.columns());
    this.sizes = new float[solved.rows()];
    values.copyFrom(solved);
    for (int r = 0; r < sizes.length; r++) {
      MemorySegment row = solved.row(r);
      long count = Math.max(1, compute.kernels().selection().countNonZero(row));
      sizes[r] = (float) Math.sqrt(compute.kernels().arithmetic().dot(row, row) / count);
    }
    keep();
  }

  /** Off-heap memory beside the solution, in bytes. */
  static long bytes(int rows, int columns) {
    return 2L * rows * columns * Float.BYTES;
  }

  @Override
  public void put(Matrix out) {
    compute
        .workers()
        .forEachBlock(
            values.rows(),
            ROWS,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                MemorySegment scratch = arena.allocate(2L * values.columns(), Float.BYTES);
                for (int r = from; r < to; r++) {
                  out.row(r).copyFrom(values.row(r));
                  Storage.round(stored, compute.kernels().conversion(), out.row(r), scratch);
                }
              }
            });
  }

  @Override
  public void move(Matrix derivatives, float rate) {
    compute
        .workers()
        .forEachIndex(
            values.rows(),
            ROWS,
            r -> move(r, derivatives.row(r), rate * TuningOptions.SCALES * sizes[r]));
  }

  private void move(int r, MemorySegment derivatives, float step) {
    float[] v = values.row(r).toArray(JAVA_FLOAT);
    float[] by = derivatives.toArray(JAVA_FLOAT);
    for (int j = 0; j < v.length; j++) {
      float moved = v[j] - step * Math.signum(by[j]);
      v[j] = v[j] == 0 ? 0 : moved;
    }
    MemorySegment.copy(v, 0, values.row(r), JAVA_FLOAT, 0, v.length);
  }

  @Override
  public void keep() {
    best.copyFrom(values);
  }

  @Override
  public void restore() {
    values.copyFrom(best);
  }

  @Override
  public GridParameters grid(Arena arena) {
    return none;
  }
}
