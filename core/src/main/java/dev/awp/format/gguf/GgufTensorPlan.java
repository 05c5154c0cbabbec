// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import java.util.List;

/**
 * One tensor of the model as it will lie in the file.
 *
 * @param source its name in the checkpoint
 * @param name its name in the file
 * @param rows of the source; 1 for a vector
 * @param columns of the source
 * @param paddedRows at least rows; the others are zero
 * @param paddedColumns at least columns; the others are zero, or meet inputs that are zero
 */
record GgufTensorPlan(
    String source,
    String name,
    GgufType type,
    boolean vector,
    int rows,
    int columns,
    int paddedRows,
    int paddedColumns,
    RowOrder order) {
  GgufPlan.Wanted wanted() {
    List<Long> shape =
        vector ? List.of((long) paddedColumns) : List.of((long) paddedRows, (long) paddedColumns);
    return new GgufPlan.Wanted(name, type, shape);
  }
}
