// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The fits of a grid to the groups of some rows, transposed: a lane for each row, so that a column
 * is handled in all rows at once. What a group's numbers are stays in here; outside there are codes
 * and values. A code is a number as a float; where the grid holds zero, the code of 0 has the value
 * 0. How codes are found is what the two kinds differ in. For one worker.
 */
public sealed interface GridLanes permits ColumnLanes, RunLanes {
  /**
   * Fits the groups of a unit to their smallest and largest values.
   *
   * @param column the unit's first
   * @param values of all its columns, [n, lanes]
   */
  void fitRange(int column, Matrix values);

  /**
   * Fits the groups of a unit by a search that weighs errors.
   *
   * @param column the unit's first
   * @param values of all its columns, [n, lanes]
   * @param weights of its columns
   */
  void fitSearched(int column, Matrix values, float[] weights);

  /** The values of a column's codes, as the file will hold them; in all lanes. */
  void values(int column, MemorySegment codes, MemorySegment out);

  /** Fits in closed form, where values are linear in a group's numbers. */
  default Optional<ScaleFit> scaleFit() {
    return Optional.empty();
  }

  /** Copies the numbers of a lane to those of a row of the layer. */
  void store(int lane, GridParameters parameters, int row);
}
