// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.StoredType;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/** A weight that is stored as codes on a grid: value = (code - zero point) * scale in float32. */
public final class PackedMatrix implements EncodedTensor {
  /** Rows that are unpacked at a time. */
  private static final int BLOCK = 32;

  private static final StoredType TYPE = StoredType.codes("packed codes");

  private final String name;
  private final int rows;
  private final int columns;
  private final PackedCodes codes;
  private final int groups;
  private final int[] groupOf;
  private final int[] runEnd;

  /**
   * A packed weight whose tensors have been checked.
   *
   * @param name of the weight
   * @param rows dOut
   * @param groups columns of scales and zero points
   * @param groupOf the group of each column, in 0 .. groups - 1
   */
  public PackedMatrix(String name, int rows, PackedCodes codes, int groups, int[] groupOf) {
    this.name = name;
    this.rows = rows;
    this.columns = groupOf.length;
    this.codes = codes;
    this.groups = groups;
    this.groupOf = groupOf;
    this.runEnd = runEnds(groupOf);
  }

  /** For each column the first one behind it that is of another group. */
  private static int[] runEnds(int[] groupOf) {
    int[] ends = new int[groupOf.length];
    for (int j = groupOf.length - 1; j >= 0; j--) {
      boolean last = j + 1 == groupOf.length || groupOf[j + 1] != groupOf[j];
      ends[j] = last ? j + 1 : ends[j + 1];
    }
    return ends;
  }

  /** The groups of columns that follow each other, so many each. */
  public static int[] consecutive(int columns, int groupSize) {
    int[] groupOf = new int[columns];
    for (int j = 0; j < columns; j++) {
      groupOf[j] = j / groupSize;
    }
    return groupOf;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Long> shape() {
    return List.of((long) rows, (long) columns);
  }

  @Override
  public StoredType type() {
    return TYPE;
  }

  @Override
  public List<TensorView> parts() {
    return codes.tensors();
  }

  @Override
  public Path file() {
    return codes.tensors().getFirst().file();
  }

  private static void dequantize(
      int[] codes, int first, int zeroPoint, float scale, float[] row, int from, int to) {
    for (int j = from; j < to; j++) {
      row[j] = (codes[first + j - from] - zeroPoint) * scale;
    }
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    int most = Math.min(BLOCK, destination.rows());
    int[] block = new int[most * columns];
    int[] zeroPoints = new int[most * groups];
    float[] row = new float[columns];
    float[] scale = new float[groups];
    try (Arena arena = Arena.ofConfined()) {
      Matrix scales = Matrix.allocate(arena, most, groups);
      for (int from = 0; from < destination.rows(); from += most) {
        int count = Math.min(most, destination.rows() - from);
        codes.codes(firstRow + from, count, block);
        codes.zeroPoints(firstRow + from, count, zeroPoints);
        codes.scales(firstRow + from, scales.rowRange(0, count));
        for (int r = 0; r < count; r++) {
          MemorySegment.copy(scales.row(r), JAVA_FLOAT, 0, scale, 0, groups);
          for (int j = 0; j < columns; ) {
            int g = groupOf[j];
            int end = runEnd[j];
            dequantize(block, r * columns + j, zeroPoints[r * groups + g], scale[g], row, j, end);
            j = end;
          }
          MemorySegment.copy(row, 0, destination.row(from + r), JAVA_FLOAT, 0, columns);
        }
      }
    }
  }
}
