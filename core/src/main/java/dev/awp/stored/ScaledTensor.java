// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Float8;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A vector or matrix of 8-bit floating-point numbers, each block of which shares a scale: value =
 * number * scale in float32.
 */
public final class ScaledTensor implements EncodedTensor {
  private final TensorView numbers;
  private final Optional<Scales> scales;
  private final StoredType type;
  private final float[] table;

  /**
   * The scales of a matrix.
   *
   * @param view row by row of blocks, as many as there are blocks
   * @param blockRows rows of a block, all where one scale is of whole columns
   * @param blockColumns columns of a block
   */
  public record Scales(TensorView view, int blockRows, int blockColumns) {}

  /**
   * Such a tensor.
   *
   * @param numbers of F8_E4M3 or F8_E5M2
   * @param scales none where the numbers are the values
   * @param written the element type in which the values are written again
   */
  public ScaledTensor(TensorView numbers, Optional<Scales> scales, DType written) {
    this.numbers = numbers;
    this.scales = scales;
    this.type = new StoredType(numbers.dtype().name(), Optional.of(written));
    this.table = Float8.table(numbers.dtype());
  }

  @Override
  public String name() {
    return numbers.name();
  }

  @Override
  public List<Long> shape() {
    return numbers.shape();
  }

  @Override
  public StoredType type() {
    return type;
  }

  @Override
  public List<TensorView> parts() {
    List<TensorView> parts = new ArrayList<>(List.of(numbers));
    scales.ifPresent(s -> parts.add(s.view()));
    return parts;
  }

  @Override
  public Path file() {
    return numbers.file();
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    int columns = destination.columns();
    byte[] bytes = new byte[columns];
    float[] row = new float[columns];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stored = arena.allocate(columns, Long.BYTES);
      float[] factors = new float[0];
      int factorsOf = -1;
      for (int r = 0; r < destination.rows(); r++) {
        numbers.copyTo((long) (firstRow + r) * columns, stored);
        MemorySegment.copy(stored, JAVA_BYTE, 0, bytes, 0, columns);
        for (int c = 0; c < columns; c++) {
          row[c] = table[bytes[c] & 0xff];
        }
        if (scales.isPresent()) {
          int blockRow = (firstRow + r) / scales.get().blockRows();
          if (blockRow != factorsOf) {
            factors = factors(scales.get(), blockRow, columns, kernels);
            factorsOf = blockRow;
          }
          scale(row, factors, scales.get().blockColumns());
        }
        MemorySegment.copy(row, 0, destination.row(r), JAVA_FLOAT, 0, columns);
      }
    }
  }

  private static void scale(float[] row, float[] factors, int blockColumns) {
    for (int block = 0; block < factors.length; block++) {
      float factor = factors[block];
      int end = (int) Math.min(row.length, (block + 1L) * blockColumns);
      for (int c = block * blockColumns; c < end; c++) {
        row[c] *= factor;
      }
    }
  }

  /** The scales of a row of blocks. */
  private static float[] factors(Scales scales, int blockRow, int columns, Kernels kernels) {
    int count = Math.ceilDiv(columns, scales.blockColumns());
    long first = (long) blockRow * count;
    TensorView view = scales.view();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(JAVA_FLOAT, count);
      if (view.dtype() == DType.F8_E8M0) {
        MemorySegment stored = arena.allocate(count, Long.BYTES);
        view.copyTo(first, stored);
        for (int i = 0; i < count; i++) {
          float value = Float8.value(DType.F8_E8M0, stored.get(JAVA_BYTE, i) & 0xff);
          values.setAtIndex(JAVA_FLOAT, i, value);
        }
      } else {
        new TensorReader(kernels).decode(view, first, values);
      }
      return values.toArray(JAVA_FLOAT);
    }
  }
}
