// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.stored;

import java.util.List;

/**
 * Where a matrix or vector lies in a tensor that holds several: element (r, c) is element {@code
 * first + r rowStride + c columnStride} of it.
 *
 * @param stack name of the tensor that holds several
 * @param stackShape its sizes, outermost first
 * @param shape of the matrix, [rows, columns], or of the vector, [n]
 * @param first index of the first element
 * @param rowStride elements from a row to the next
 * @param columnStride elements from a column to the next
 */
public record StackSlice(
    String stack,
    List<Long> stackShape,
    List<Long> shape,
    long first,
    long rowStride,
    long columnStride) {
  public StackSlice {
    stackShape = List.copyOf(stackShape);
    shape = List.copyOf(shape);
  }

  public long rows() {
    return shape.size() == 1 ? 1 : shape.getFirst();
  }

  public long columns() {
    return shape.getLast();
  }

  /** Elements from the first to the last one, both included. */
  public long span() {
    return (rows() - 1) * rowStride + (columns() - 1) * columnStride + 1;
  }

  /** Whether its elements lie one behind the other, row after row. */
  public boolean isContiguous() {
    return columnStride == 1 && (rows() == 1 || rowStride == columns());
  }
}
