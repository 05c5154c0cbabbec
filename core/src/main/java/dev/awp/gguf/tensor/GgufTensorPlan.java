// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufPlan;
import java.util.List;

/**
 * One tensor of the model as it will lie in the file.
 *
 * @param source its name in the checkpoint
 * @param place where it lies in the file
 * @param vector whether it has one dimension in the file
 * @param rows of the source; 1 for a vector
 * @param columns of the source
 * @param paddedRows at least rows; the others are zero
 * @param paddedColumns at least columns; the others are zero, or meet inputs that are zero
 * @param offset what is added to every value: llama.cpp's norms multiply by what is stored, Gemma's
 *     by one more
 */
public record GgufTensorPlan(
    String source,
    GgufPlace place,
    BlockType type,
    boolean vector,
    int rows,
    int columns,
    int paddedRows,
    int paddedColumns,
    RowOrder order,
    float offset) {
  /** A matrix of which nothing is added, moved or padded. */
  static GgufTensorPlan matrix(String name, BlockType type, int rows, int columns) {
    GgufPlace place = GgufPlace.whole(name);
    return new GgufTensorPlan(
        name, place, type, false, rows, columns, rows, columns, RowOrder.NATURAL, 0);
  }

  /** A vector of float32 that the checkpoint does not have. */
  public static GgufTensorPlan constant(String name, int count) {
    GgufPlace place = GgufPlace.whole(name);
    return new GgufTensorPlan(
        name, place, BlockType.F32, true, 1, count, 1, count, RowOrder.NATURAL, 0);
  }

  /** The row of the source that is stored as that one, or {@link RowOrder#PADDING}. */
  int sourceRow(int stored) {
    int row = order.source(stored);
    return row < rows ? row : RowOrder.PADDING;
  }

  /** The tensor that holds it, with all slices. */
  public GgufPlan.Wanted wanted() {
    List<Long> shape =
        vector ? List.of((long) paddedColumns) : List.of((long) paddedRows, (long) paddedColumns);
    return new GgufPlan.Wanted(place.tensor(), type, place.shape(shape));
  }
}
