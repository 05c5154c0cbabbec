// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.compute.Compute;
import dev.awp.compute.Rows;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * The set K that the compressed weights of a layer must lie in. Every constraint acts on the rows
 * of the matrix one by one, so rows can be projected in any order and by any thread.
 */
public sealed interface Constraint permits Sparsity, Grid, SparseGrid {
  /** The constraint in words, as reports print it: "50 % sparse", "4 bit, groups of 128". */
  String describe();

  /** The grid of the constraint, where it has one. */
  default Optional<Grid> grid() {
    return Optional.empty();
  }

  /** The sparsity of the constraint, where it has one. */
  default Optional<Sparsity> sparsity() {
    return Optional.empty();
  }

  /**
   * The set for the weights of one layer: where all its rows share a number, that number is chosen
   * by them.
   *
   * @param weights [rows, columns]
   */
  default Constraint of(Matrix weights) {
    return this;
  }

  /** What projecting rows of that length needs beside them; one for each thread. */
  RowProjection rowProjection(Kernels kernels, int columns, SegmentAllocator allocator);

  /**
   * Projects every row of Z onto the set.
   *
   * @param z [rows, columns]
   * @param t [rows, columns]; may be z itself
   * @param parameters receives scales and zero points; ignored by constraints without a grid
   */
  default void project(Matrix z, Matrix t, GridParameters parameters, Compute compute) {
    Rows.forEach(
        compute,
        z.rows(),
        (from, to, allocator) -> {
          RowProjection projection = rowProjection(compute.kernels(), z.columns(), allocator);
          for (int r = from; r < to; r++) {
            projection.project(z.row(r), t.row(r), parameters, r);
          }
        });
  }

  /**
   * The first violation in a matrix, told in a sentence; empty where T lies in the set exactly.
   *
   * @param t [rows, columns], such as read back from a written file
   * @param parameters the scales and zero points that were written with it
   */
  Optional<String> check(Matrix t, GridParameters parameters);
}
