// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect;

import java.util.List;

/**
 * The codes of a quantized matrix and its groups' parameters; value = (code - zero point) * scale.
 */
interface PackedCodes {
  /** dOut. */
  int rows();

  /** dIn. */
  int columns();

  StoredGrid grid();

  /** What wrote it: "gptq". */
  String format();

  /**
   * Reads the codes of consecutive rows.
   *
   * @param codes receives [rows][columns], from 0
   */
  void read(int firstRow, int[][] codes);

  /** The group of a column. */
  int group(int column);

  float scale(int row, int group);

  /** In the units of the codes that {@link #read} gives. */
  int zeroPoint(int row, int group);

  default List<Long> shape() {
    return List.of((long) rows(), (long) columns());
  }
}
