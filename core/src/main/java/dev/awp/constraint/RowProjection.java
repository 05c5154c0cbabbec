// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import java.lang.foreign.MemorySegment;

/** Projects one row; holds scratch memory, so each thread has its own. */
@FunctionalInterface
public interface RowProjection {
  /**
   * Projects a row.
   *
   * @param z the row to project
   * @param t receives the projection; may be z itself
   * @param parameters receives the row's scales and zero points, where the constraint has a grid
   * @param row index of the row in the parameters
   */
  void project(MemorySegment z, MemorySegment t, GridParameters parameters, int row);
}
