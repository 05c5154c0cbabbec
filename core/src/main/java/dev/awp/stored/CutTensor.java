// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/** Some rows and columns of another tensor, under a name of its own. */
public final class CutTensor implements DerivedTensor {
  private final String name;
  private final StoredTensor original;
  private final int[] rows;
  private final int[] columns;

  /**
   * A part of a tensor.
   *
   * @param rows of the original; of a vector, its one row
   * @param columns of the original
   */
  public CutTensor(String name, StoredTensor original, int[] rows, int[] columns) {
    this.name = name;
    this.original = original;
    this.rows = rows.clone();
    this.columns = columns.clone();
  }

  /** Whether nothing of the original is missing. */
  public boolean isWhole() {
    return isWhole(rows, rows(original)) && isWhole(columns, columns(original));
  }

  private static boolean isWhole(int[] some, int count) {
    return some.length == count && IntStream.range(0, count).allMatch(i -> some[i] == i);
  }

  /** Rows of a tensor of one or two dimensions. */
  public static int rows(StoredTensor tensor) {
    List<Long> shape = tensor.shape();
    return shape.size() < 2 ? 1 : Math.toIntExact(shape.getFirst());
  }

  /** Columns of a tensor of one or two dimensions. */
  public static int columns(StoredTensor tensor) {
    return Math.toIntExact(tensor.shape().getLast());
  }

  /** What it is a part of. */
  @Override
  public StoredTensor original() {
    return original;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Long> shape() {
    return original.shape().size() < 2
        ? List.of((long) columns.length)
        : List.of((long) rows.length, (long) columns.length);
  }

  /** Its share of the original's bytes. */
  @Override
  public long byteSize() {
    double share =
        (double) rows.length * columns.length / rows(original) / Math.max(1, columns(original));
    return Math.round(share * original.byteSize());
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    TensorReader reader = new TensorReader(kernels);
    try (Arena arena = Arena.ofConfined()) {
      Matrix row = Matrix.allocate(arena, 1, columns(original));
      for (int r = 0; r < destination.rows(); r++) {
        reader.decodeRows(original, rows[firstRow + r], row);
        MemorySegment cut = destination.row(r);
        for (int j = 0; j < columns.length; j++) {
          cut.setAtIndex(JAVA_FLOAT, j, row.get(0, columns[j]));
        }
      }
    }
  }
}
