// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.checkpoint.TensorEncoder;
import dev.awp.checkpoint.TensorReader;
import dev.awp.checkpoint.TensorView;
import dev.awp.constraint.BlockGrid;
import dev.awp.constraint.GridParameters;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.file.Path;
import java.util.List;

/** A matrix to the bytes of a tensor, rows in its order and padded, and back. */
final class TensorBytes {
  private final Kernels kernels;
  private final TensorEncoder encoder;
  private final TensorReader reader;

  TensorBytes(Kernels kernels) {
    this.kernels = kernels;
    this.encoder = new TensorEncoder(kernels);
    this.reader = new TensorReader(kernels);
  }

  /** Values that lie on the blocks of the tensor's type. */
  MemorySegment blocks(
      GgufTensorPlan plan, Matrix t, GridParameters parameters, SegmentAllocator allocator) {
    BlockGrid grid = plan.type().grid().orElseThrow();
    BlockCodec codec = BlockCodec.of(grid);
    BlockRow row = new BlockRow(grid, plan.columns(), plan.paddedColumns());
    byte[] bytes = new byte[Math.toIntExact(plan.type().rowBytes(plan.paddedColumns()))];
    MemorySegment all = allocator.allocate((long) bytes.length * plan.paddedRows(), Long.BYTES);
    for (int r = 0; r < plan.paddedRows(); r++) {
      if (r < plan.rows()) {
        int source = plan.order().source(r);
        row.take(t.row(source), parameters, source);
      } else {
        row.clear();
      }
      codec.pack(row, bytes);
      MemorySegment.copy(bytes, 0, all, JAVA_BYTE, (long) r * bytes.length, bytes.length);
    }
    return all;
  }

  /** Values rounded to nearest: to the tensor's type, or to its blocks fitted to each range. */
  MemorySegment nearest(GgufTensorPlan plan, Matrix x, SegmentAllocator allocator) {
    if (plan.type().grid().isPresent()) {
      BlockGrid grid = plan.type().grid().get();
      try (Arena arena = Arena.ofConfined()) {
        GridParameters parameters =
            GridParameters.allocate(grid, x.rows(), x.columns(), arena);
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
      for (int r = 0; r < plan.rows(); r++) {
        if (plan.vector()) {
          // A bias has an entry where its matrix has a row.
          for (int j = 0; j < plan.columns(); j++) {
            ordered.set(0, j, x.get(0, plan.order().source(j)));
          }
        } else {
          ordered
              .row(r)
              .asSlice(0, (long) plan.columns() * Float.BYTES)
              .copyFrom(x.row(plan.order().source(r)));
        }
      }
      DType dtype = plan.type().dtype().orElseThrow();
      return encoder.encode(plan.source(), ordered, dtype, allocator);
    }
  }

  /** The values that bytes hold, rows in the matrix's order again, without padding. */
  Matrix decode(GgufTensorPlan plan, MemorySegment bytes, SegmentAllocator allocator) {
    Matrix stored = decode(plan.type(), plan.paddedRows(), plan.paddedColumns(), bytes, allocator);
    Matrix x = Matrix.allocate(allocator, plan.rows(), plan.columns());
    for (int r = 0; r < plan.rows(); r++) {
      if (plan.vector()) {
        for (int j = 0; j < plan.columns(); j++) {
          x.set(0, plan.order().source(j), stored.get(0, j));
        }
      } else {
        MemorySegment from = stored.row(r).asSlice(0, (long) plan.columns() * Float.BYTES);
        x.row(plan.order().source(r)).copyFrom(from);
      }
    }
    return x;
  }

  /** The values of a tensor as they lie in the file. */
  Matrix decode(
      GgufType type, int rows, int columns, MemorySegment bytes, SegmentAllocator allocator) {
    if (type.dtype().isPresent()) {
      List<Long> shape = List.of((long) rows, (long) columns);
      return reader.matrix(
          new TensorView("", type.dtype().get(), shape, Path.of(""), 0, bytes), allocator);
    }
    BlockGrid grid =
        type.grid().orElseThrow(() -> new IllegalArgumentException("awp does not decode " + type));
    BlockCodec codec = BlockCodec.of(grid);
    BlockRow row = new BlockRow(grid, columns, columns);
    byte[] some = new byte[Math.toIntExact(type.rowBytes(columns))];
    Matrix x = Matrix.allocate(allocator, rows, columns);
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(bytes, JAVA_BYTE, (long) r * some.length, some, 0, some.length);
      codec.unpack(some, row);
      row.give(x.row(r));
    }
    return x;
  }

  /** A vector as a matrix of one row. */
  static Matrix vector(float[] values, SegmentAllocator allocator) {
    Matrix x = Matrix.allocate(allocator, 1, values.length);
    MemorySegment.copy(values, 0, x.segment(), JAVA_FLOAT, 0, values.length);
    return x;
  }
}
