// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tensor;

import dev.awp.kernel.Kernels;
import dev.awp.stored.DerivedTensor;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.util.List;
import java.util.function.Function;

/**
 * A matrix whose rows lie in several tensors of a file.
 *
 * @param pieces of it; together they have every row once
 */
public record JoinedTensor(List<Piece> pieces) implements DerivedTensor {
  public JoinedTensor {
    pieces = List.copyOf(pieces);
  }

  /**
   * Some of the rows.
   *
   * @param rows which they are
   * @param tensor whose rows are counted as those of the whole matrix
   */
  public record Piece(RowOrder rows, EncodedTensor tensor) {}

  /**
   * A tensor of the checkpoint as the file has it: joined where it lies in several tensors.
   *
   * @param plans of all of them
   * @param tensor the values of each
   */
  public static EncodedTensor of(
      List<GgufTensorPlan> plans, Function<GgufTensorPlan, EncodedTensor> tensor) {
    return plans.size() == 1
        ? tensor.apply(plans.getFirst())
        : new JoinedTensor(
            plans.stream().map(plan -> new Piece(plan.form().rows(), tensor.apply(plan))).toList());
  }

  /** What it is called, and how it is shaped and stored. */
  @Override
  public EncodedTensor original() {
    return pieces.getFirst().tensor();
  }

  @Override
  public List<TensorView> parts() {
    return pieces.stream().flatMap(piece -> piece.tensor().parts().stream()).toList();
  }

  @Override
  public void checkPresent() {
    parts().forEach(TensorView::checkPresent);
  }

  @Override
  public void release() {
    parts().forEach(TensorView::release);
  }

  @Override
  public void decodeRows(int firstRow, Matrix destination, Kernels kernels) {
    int from = 0;
    while (from < destination.rows()) {
      Piece piece = holder(firstRow + from);
      int to = from + 1;
      while (to < destination.rows() && holds(piece, firstRow + to)) {
        to++;
      }
      piece.tensor().decodeRows(firstRow + from, destination.rowRange(from, to), kernels);
      from = to;
    }
  }

  private Piece holder(int row) {
    return pieces.stream()
        .filter(piece -> holds(piece, row))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("row " + row + " lies in no piece"));
  }

  private static boolean holds(Piece piece, int row) {
    return piece.rows().stored(row) != RowOrder.PADDING;
  }
}
