// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

import dev.awp.stored.TensorView;
import dev.awp.tensor.Matrix;
import java.util.List;

/** Codes, zero points and scales of a matrix in one packing; safe to use from several threads. */
public interface PackedCodes {
  /** The tensors that hold them; the first gives its file to messages. */
  List<TensorView> tensors();

  /**
   * Unpacks the codes of consecutive rows.
   *
   * @param codes receives rows x columns, row by row
   */
  void codes(int firstRow, int rows, int[] codes);

  /**
   * Unpacks the zero points of consecutive rows.
   *
   * @param zeroPoints receives rows x groups, row by row
   */
  void zeroPoints(int firstRow, int rows, int[] zeroPoints);

  /** Decodes the scales of consecutive rows, [rows, groups]. */
  void scales(int firstRow, Matrix scales);
}
