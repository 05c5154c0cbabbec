// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

/**
 * How a tensor lies in a file otherwise than in the checkpoint.
 *
 * @param rows of a matrix, or entries of a vector
 * @param columns of a matrix
 * @param values what is stored for each
 */
public record TensorForm(RowOrder rows, RowOrder columns, StoredValues values, StoredShape shape) {
  /** As it is. */
  public static final TensorForm SAME = of(RowOrder.NATURAL);

  /** Nothing but the order of rows is another. */
  public static TensorForm of(RowOrder rows) {
    return new TensorForm(rows, RowOrder.NATURAL, StoredValues.SAME, StoredShape.SAME);
  }

  /** The same with rows in another order. */
  public TensorForm with(RowOrder others) {
    return new TensorForm(others, columns, values, shape);
  }

  /** The same with columns in another order. */
  public TensorForm withColumns(RowOrder others) {
    return new TensorForm(rows, others, values, shape);
  }

  /** The same with other values stored. */
  public TensorForm with(StoredValues others) {
    return new TensorForm(rows, columns, others, shape);
  }

  /** The same of another shape. */
  public TensorForm with(StoredShape other) {
    return new TensorForm(rows, columns, values, other);
  }

  /** Whether the bytes of the file are the tensor's, in its order. */
  public boolean isPlain() {
    return rows.equals(RowOrder.NATURAL)
        && columns.equals(RowOrder.NATURAL)
        && values == StoredValues.SAME;
  }
}
