// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A row-major float32 matrix over off-heap memory, in the machine's byte order.
 *
 * <p>A matrix borrows its memory: whoever owns the arena behind the segment decides how long it
 * lives. Views made by {@link #rowRange}, {@link #columnRange} and {@link #everyOtherRow} share the
 * memory; a view of columns keeps the {@linkplain #stride() distance between rows} of its parent,
 * as BLAS's leading dimension does.
 */
public final class Matrix {
  /** Rows start on a cache line where the column count allows it. */
  private static final long ALIGNMENT = 64;

  private final MemorySegment segment;
  private final int rows;
  private final int columns;
  private final int stride;

  private Matrix(MemorySegment segment, int rows, int columns, int stride) {
    this.segment = segment;
    this.rows = rows;
    this.columns = columns;
    this.stride = stride;
  }

  /** A new matrix of zeros, [rows, columns], contiguous. */
  public static Matrix allocate(SegmentAllocator allocator, int rows, int columns) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("negative shape [" + rows + ", " + columns + "]");
    }
    long bytes = Math.multiplyExact((long) rows * columns, Float.BYTES);
    return new Matrix(allocator.allocate(bytes, ALIGNMENT), rows, columns, columns);
  }

  /** A new unit matrix, [n, n]. */
  public static Matrix identity(SegmentAllocator allocator, int n) {
    Matrix unit = allocate(allocator, n, n);
    for (int i = 0; i < n; i++) {
      unit.set(i, i, 1);
    }
    return unit;
  }

  /** A contiguous [rows, columns] matrix over memory of exactly that size. */
  public static Matrix wrap(MemorySegment segment, int rows, int columns) {
    long bytes = Math.multiplyExact((long) rows * columns, Float.BYTES);
    if (rows < 0 || columns < 0 || segment.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "a float32 matrix [%s, %s] takes %s bytes, the segment has %s"
              .formatted(rows, columns, bytes, segment.byteSize()));
    }
    return new Matrix(segment, rows, columns, columns);
  }

  /** A copy of the given rows, which all have the same length. */
  public static Matrix copyOf(SegmentAllocator allocator, float[]... values) {
    int columns = values.length == 0 ? 0 : values[0].length;
    Matrix matrix = allocate(allocator, values.length, columns);
    for (int r = 0; r < values.length; r++) {
      if (values[r].length != columns) {
        throw new IllegalArgumentException(
            "row %s has %s values, row 0 has %s".formatted(r, values[r].length, columns));
      }
      MemorySegment.copy(values[r], 0, matrix.row(r), ValueLayout.JAVA_FLOAT, 0, columns);
    }
    return matrix;
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  /** Distance in elements from one row to the next; at least {@link #columns()}. */
  public int stride() {
    return stride;
  }

  /** Number of elements, rows x columns. */
  public long size() {
    return (long) rows * columns;
  }

  public boolean isContiguous() {
    return stride == columns || rows <= 1;
  }

  /**
   * The memory from the first element to the last, the gaps between the rows of a view included:
   * what a BLAS call is given together with {@link #stride()}.
   */
  public MemorySegment segment() {
    return segment;
  }

  /** Row r as a segment of {@link #columns()} floats. */
  public MemorySegment row(int r) {
    Objects.checkIndex(r, rows);
    return segment.asSlice((long) r * stride * Float.BYTES, (long) columns * Float.BYTES);
  }

  /** Element (r, c). Convenient, not fast: loops belong into kernels. */
  public float get(int r, int c) {
    return segment.getAtIndex(ValueLayout.JAVA_FLOAT, index(r, c));
  }

  /** Sets element (r, c). Convenient, not fast: loops belong into kernels. */
  public void set(int r, int c, float value) {
    segment.setAtIndex(ValueLayout.JAVA_FLOAT, index(r, c), value);
  }

  /** View of the rows from (inclusive) to (exclusive). */
  public Matrix rowRange(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    return view(from, 0, to - from, columns, stride);
  }

  /** View of the columns from (inclusive) to (exclusive), with this matrix's stride. */
  public Matrix columnRange(int from, int to) {
    Objects.checkFromToIndex(from, to, columns);
    return view(0, from, rows, to - from, stride);
  }

  /** View of the even rows (first = 0) or of the odd ones (first = 1), with twice the stride. */
  public Matrix everyOtherRow(int first) {
    Objects.checkIndex(first, 2);
    return view(first, 0, (rows + 1 - first) / 2, columns, Math.multiplyExact(2, stride));
  }

  /** Copies all elements of another matrix of the same shape. */
  public void copyFrom(Matrix source) {
    if (source.rows != rows || source.columns != columns) {
      throw new IllegalArgumentException("cannot copy " + source + " into " + this);
    }
    if (isContiguous() && source.isContiguous()) {
      MemorySegment.copy(source.segment, 0, segment, 0, size() * Float.BYTES);
      return;
    }
    for (int r = 0; r < rows; r++) {
      row(r).copyFrom(source.row(r));
    }
  }

  /** Sets every element to zero. */
  public void clear() {
    if (isContiguous()) {
      segment.asSlice(0, size() * Float.BYTES).fill((byte) 0);
      return;
    }
    for (int r = 0; r < rows; r++) {
      row(r).fill((byte) 0);
    }
  }

  /** A copy on the heap, one array a row: for tests and small results. */
  public float[][] toArray() {
    float[][] values = new float[rows][];
    for (int r = 0; r < rows; r++) {
      values[r] = row(r).toArray(ValueLayout.JAVA_FLOAT);
    }
    return values;
  }

  @Override
  public String toString() {
    return "[" + rows + ", " + columns + "]";
  }

  private long index(int r, int c) {
    Objects.checkIndex(r, rows);
    Objects.checkIndex(c, columns);
    return (long) r * stride + c;
  }

  private Matrix view(int row, int column, int newRows, int newColumns, int newStride) {
    long extent =
        newRows == 0 || newColumns == 0 ? 0 : (long) (newRows - 1) * newStride + newColumns;
    long start = extent == 0 ? 0 : (long) row * stride + column;
    MemorySegment slice = segment.asSlice(start * Float.BYTES, extent * Float.BYTES);
    return new Matrix(slice, newRows, newColumns, newStride);
  }
}
