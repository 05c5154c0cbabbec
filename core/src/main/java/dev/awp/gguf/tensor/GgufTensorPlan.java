// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufPlan;
import java.util.List;

/**
 * One tensor of the model, or a part of its rows, as it will lie in the file.
 *
 * @param source its name in the checkpoint
 * @param place where it lies in the file
 * @param vector whether it has one dimension but for its form
 * @param rows of the source; 1 for a vector
 * @param columns of the source
 * @param paddedRows rows in the file; those that the form has no row for are zero
 * @param paddedColumns at least columns; the others are zero, or meet inputs that are zero
 * @param form orders, values and shape in the file
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
    TensorForm form) {
  /** A matrix of which nothing is added, moved or padded. */
  static GgufTensorPlan matrix(String name, BlockType type, int rows, int columns) {
    GgufPlace place = GgufPlace.whole(name);
    return new GgufTensorPlan(
        name, place, type, false, rows, columns, rows, columns, TensorForm.SAME);
  }

  /** A vector of float32 that the checkpoint does not have. */
  public static GgufTensorPlan constant(String name, int count) {
    GgufPlace place = GgufPlace.whole(name);
    return new GgufTensorPlan(
        name, place, BlockType.F32, true, 1, count, 1, count, TensorForm.SAME);
  }

  /** The same of some of its rows, which lie in their own order. */
  GgufTensorPlan ofRows(int count) {
    return new GgufTensorPlan(
        source, place, type, vector, count, columns, count, paddedColumns, form);
  }

  /** The row of the source that is stored as that one, or {@link RowOrder#PADDING}. */
  int sourceRow(int stored) {
    int row = form.rows().source(stored);
    return row < rows ? row : RowOrder.PADDING;
  }

  /** The shape in the checkpoint. */
  List<Long> sourceShape() {
    return form.shape()
        .source(vector ? List.of((long) columns) : List.of((long) rows, (long) columns));
  }

  /** The tensor that holds it, with all slices. */
  public GgufPlan.Wanted wanted() {
    List<Long> plain =
        vector ? List.of((long) paddedColumns) : List.of((long) paddedRows, (long) paddedColumns);
    return new GgufPlan.Wanted(place.tensor(), type, place.shape(form.shape().stored(plain)));
  }
}
