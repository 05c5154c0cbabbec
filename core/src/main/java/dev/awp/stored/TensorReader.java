// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.AwpException;
import dev.awp.kernel.ConversionKernels;
import dev.awp.kernel.Kernels;
import dev.awp.parallel.Workers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/** Decodes stored tensors to float32. */
public final class TensorReader {
  /** Rows that are decoded at a time. */
  static final int PIECE_ROWS = 64;

  private final Kernels kernels;

  public TensorReader(Kernels kernels) {
    this.kernels = kernels;
  }

  /**
   * A tensor as a float32 matrix: rank 2 as [rows, columns], rank 1 as [1, n], and a convolution
   * [channels, 1, K] as [channels, K].
   *
   * @throws AwpException for another rank, and for a type that awp does not compute in
   */
  public Matrix matrix(StoredTensor view, SegmentAllocator allocator) {
    Matrix matrix = allocate(view, allocator);
    decodeRows(view, 0, matrix);
    return matrix;
  }

  private static Matrix allocate(StoredTensor view, SegmentAllocator allocator) {
    return Matrix.allocate(allocator, rows(view), size(view, view.shape().getLast()));
  }

  private static int rows(StoredTensor view) {
    int rank = view.shape().size();
    boolean convolution = rank == 3 && view.shape().get(1) == 1;
    if (rank != 1 && rank != 2 && !convolution) {
      throw fail(view, "has shape " + view.shape() + " where a vector or matrix is expected");
    }
    return rank == 1 ? 1 : size(view, view.shape().getFirst());
  }

  /** The rows of such a matrix, decoded when they are asked for. */
  public StoredRows storedRows(StoredTensor view) {
    return new StoredRows(this, view, 0, rows(view), size(view, view.shape().getLast()));
  }

  /**
   * The same as {@link #matrix(StoredTensor, SegmentAllocator)} on all workers, and nothing but
   * finite values.
   */
  public Matrix finiteMatrix(StoredTensor view, SegmentAllocator allocator, Workers workers) {
    Matrix matrix = allocate(view, allocator);
    decodeFinite(view, matrix, workers);
    return matrix;
  }

  /** Decodes a whole tensor into a matrix of its shape, and nothing but finite values. */
  public void decodeFinite(StoredTensor view, Matrix matrix, Workers workers) {
    storedRows(view).decode(matrix, workers);
  }

  /**
   * Decodes consecutive rows of a stored matrix, as many as the destination has, and nothing but
   * finite values.
   */
  public void decodeFiniteRows(StoredTensor view, int firstRow, Matrix destination) {
    decodeRows(view, firstRow, destination);
    checkFinite(view, destination, firstRow);
  }

  /** Decodes consecutive rows of a stored matrix, as many as the destination has. */
  public void decodeRows(StoredTensor tensor, int firstRow, Matrix destination) {
    switch (tensor) {
      case TensorView view -> decodeRows(view, firstRow, destination);
      case EncodedTensor encoded -> {
        encoded.checkPresent();
        encoded.decodeRows(firstRow, destination, kernels);
      }
    }
  }

  private void decodeRows(TensorView view, int firstRow, Matrix destination) {
    if (!view.dtype().isComputable()) {
      throw fail(view, "is stored as " + view.dtype() + ", awp computes with F32, F16 and BF16");
    }
    view.checkPresent();
    long rowBytes = (long) destination.columns() * view.dtype().bits() / 8;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stored = arena.allocate(rowBytes, 64);
      for (int r = 0; r < destination.rows(); r++) {
        view.copyTo((firstRow + r) * rowBytes, stored);
        decode(view, stored, destination.row(r));
      }
    }
  }

  /**
   * Decodes consecutive elements of a stored tensor, as many floats as the destination has; the
   * caller has checked that the file is whole.
   *
   * @param first index of the first in the tensor
   */
  public void decode(TensorView view, long first, MemorySegment destination) {
    int size = view.dtype().bits() / 8;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stored = arena.allocate(destination.byteSize() / Float.BYTES * size, 64);
      view.copyTo(first * size, stored);
      decode(view, stored, destination);
    }
  }

  private void decode(TensorView view, MemorySegment stored, MemorySegment row) {
    ConversionKernels conversion = kernels.conversion();
    switch (view.dtype()) {
      case F32 -> conversion.decodeF32(stored, row);
      case F16 -> conversion.decodeF16(stored, row);
      case BF16 -> conversion.decodeBf16(stored, row);
      default -> throw new IllegalStateException("not computable: " + view.dtype());
    }
  }

  /**
   * What together refuses a tensor that holds a NaN or an infinity, a piece of its rows each; in
   * any order, on any threads.
   */
  public List<Runnable> finiteChecks(StoredTensor view) {
    int rows = view.shape().size() == 1 ? 1 : size(view, view.shape().getFirst());
    int columns = size(view, view.shape().getLast());
    List<Runnable> checks = new ArrayList<>();
    for (int row = 0; row < rows; row += PIECE_ROWS) {
      int from = row;
      int count = Math.min(PIECE_ROWS, rows - row);
      checks.add(
          () -> {
            try (Arena arena = Arena.ofConfined()) {
              decodeFiniteRows(view, from, Matrix.allocate(arena, count, columns));
            }
          });
    }
    return checks;
  }

  private void checkFinite(StoredTensor view, Matrix piece, int firstRow) {
    for (int r = 0; r < piece.rows(); r++) {
      long at = kernels.arithmetic().firstNonFinite(piece.row(r));
      if (at >= 0) {
        float value = piece.row(r).getAtIndex(JAVA_FLOAT, at);
        throw fail(
            view,
            "holds %s at [%s, %s], weights must be finite".formatted(value, firstRow + r, at));
      }
    }
  }

  private static int size(StoredTensor view, long size) {
    if (size > Integer.MAX_VALUE) {
      throw fail(view, "has shape " + view.shape() + ", a size is above 2^31 - 1");
    }
    return (int) size;
  }

  private static AwpException fail(StoredTensor view, String rule) {
    return new AwpException(view.file() + ": tensor " + view.name() + " " + rule);
  }
}
