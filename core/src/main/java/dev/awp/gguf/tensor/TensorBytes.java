// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.Grid;
import dev.awp.constraint.GridParameters;
import dev.awp.disk.Parts;
import dev.awp.gguf.block.BlockRows;
import dev.awp.kernel.Kernels;
import dev.awp.stored.RowPieces;
import dev.awp.stored.TensorEncoder;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** A matrix to the bytes of a tensor, rows in its order and padded. */
public final class TensorBytes {
  private final Kernels kernels;
  private final TensorEncoder encoder;

  public TensorBytes(Kernels kernels) {
    this.kernels = kernels;
    this.encoder = new TensorEncoder(kernels);
  }

  /** Values that lie on the blocks of the tensor's type. */
  public MemorySegment blocks(
      GgufTensorPlan plan, Matrix t, GridParameters parameters, SegmentAllocator allocator) {
    BlockRows rows = plan.type().blocks(plan.columns(), plan.paddedColumns());
    rows.begin(parameters);
    long rowBytes = plan.type().rowBytes(plan.paddedColumns());
    MemorySegment all = allocator.allocate(rowBytes * plan.paddedRows(), Long.BYTES);
    boolean natural = plan.form().columns().equals(RowOrder.NATURAL);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(rowBytes, Long.BYTES);
      for (int r = 0; r < plan.paddedRows(); r++) {
        int source = plan.sourceRow(r);
        MemorySegment stored = all.asSlice(r * rowBytes, rowBytes);
        if (source == RowOrder.PADDING) {
          rows.writeZeros(stored);
        } else if (natural) {
          rows.write(t.row(source), parameters, source, stored);
        } else {
          rows.write(t.row(source), parameters, source, row);
          moveBlocks(plan, row, stored);
        }
      }
    }
    return all;
  }

  /** Whole blocks, whose columns stay together. */
  private static void moveBlocks(GgufTensorPlan plan, MemorySegment row, MemorySegment stored) {
    int columns = plan.type().blockColumns();
    long bytes = plan.type().rowBytes(columns);
    RowOrder order = plan.form().columns();
    for (int first = 0; first < plan.paddedColumns(); first += columns) {
      int source = order.source(first);
      if (source % columns != 0 || order.source(first + columns - 1) != source + columns - 1) {
        throw new IllegalStateException("columns of a block that are not together");
      }
      MemorySegment block = row.asSlice(source / columns * bytes, bytes);
      stored.asSlice(first / columns * bytes, bytes).copyFrom(block);
    }
  }

  /**
   * Whether rows of a tensor become bytes without any of the others, which lie behind each other as
   * they do in the checkpoint.
   */
  public static boolean isByRows(GgufTensorPlan plan) {
    return !plan.vector()
        && plan.form().rows().equals(RowOrder.NATURAL)
        && plan.paddedRows() == plan.rows()
        && !plan.type().hasMatrixScale();
  }

  /**
   * The bytes of {@link #nearest(GgufTensorPlan, Matrix, SegmentAllocator)}, some rows at a time.
   *
   * @param plan of one {@linkplain #isByRows by rows}
   * @param pieces of all its rows
   */
  public Parts nearest(GgufTensorPlan plan, RowPieces pieces) {
    if (!isByRows(plan)) {
      throw new IllegalArgumentException(plan + " is not made row by row");
    }
    return sink ->
        pieces.forEach(
            (first, rows) -> {
              try (Arena arena = Arena.ofConfined()) {
                sink.accept(nearest(plan.ofRows(rows.rows()), first, rows, arena));
              }
            });
  }

  /** Values rounded to nearest: to the tensor's type, or to its blocks fitted to each range. */
  public MemorySegment nearest(GgufTensorPlan plan, Matrix x, SegmentAllocator allocator) {
    return nearest(plan, 0, x, allocator);
  }

  /**
   * The same of some of its rows.
   *
   * @param first of them, for messages
   */
  private MemorySegment nearest(
      GgufTensorPlan plan, int first, Matrix x, SegmentAllocator allocator) {
    if (plan.type().grid().isPresent()) {
      Grid grid = plan.type().grid().get().of(x);
      try (Arena arena = Arena.ofConfined()) {
        GridParameters parameters = GridParameters.allocate(grid, x.rows(), x.columns(), arena);
        Matrix rounded = Matrix.allocate(arena, x.rows(), x.columns());
        var projection = grid.rowProjection(kernels, x.columns(), arena);
        for (int r = 0; r < x.rows(); r++) {
          projection.project(x.row(r), rounded.row(r), parameters, r);
        }
        return blocks(plan, rounded, parameters, allocator);
      }
    }
    try (Arena arena = Arena.ofConfined()) {
      Matrix ordered = Matrix.allocate(arena, plan.paddedRows(), plan.paddedColumns());
      if (plan.vector()) {
        // A bias has an entry where its matrix has a row.
        for (int j = 0; j < plan.columns(); j++) {
          float value = x.get(0, plan.form().rows().source(j));
          ordered.set(0, j, plan.form().values().stored(value));
        }
      } else {
        for (int r = 0; r < plan.paddedRows(); r++) {
          int source = plan.sourceRow(r);
          if (source != RowOrder.PADDING) {
            copy(x.row(source), ordered.row(r), plan);
          }
        }
      }
      DType dtype = plan.type().dtype().orElseThrow();
      return encoder.encode(plan.source(), first, ordered, dtype, allocator);
    }
  }

  private static void copy(MemorySegment row, MemorySegment stored, GgufTensorPlan plan) {
    RowOrder columns = plan.form().columns();
    if (columns.equals(RowOrder.NATURAL)) {
      stored.asSlice(0, (long) plan.columns() * Float.BYTES).copyFrom(row);
      return;
    }
    for (int j = 0; j < plan.columns(); j++) {
      stored.setAtIndex(JAVA_FLOAT, j, row.getAtIndex(JAVA_FLOAT, columns.source(j)));
    }
  }

  /** A vector as a matrix of one row. */
  public static Matrix vector(float[] values, SegmentAllocator allocator) {
    Matrix x = Matrix.allocate(allocator, 1, values.length);
    MemorySegment.copy(values, 0, x.segment(), JAVA_FLOAT, 0, values.length);
    return x;
  }
}
