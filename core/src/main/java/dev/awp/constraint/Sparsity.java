// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.kernel.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * Constraints on which entries of a row may be non-zero. Projecting keeps the largest magnitudes;
 * pruning methods with another idea of importance pass their own scores.
 */
public sealed interface Sparsity extends Constraint permits RowSparsity, NmSparsity {
  @Override
  default Optional<Sparsity> sparsity() {
    return Optional.of(this);
  }

  /**
   * Keeps the entries with the largest scores that the constraint allows and sets the others to +0.
   *
   * @param scores importance by magnitude
   * @param values the row to select from
   * @param out may be values or scores itself
   */
  default void select(
      Kernels kernels, MemorySegment scores, MemorySegment values, MemorySegment out) {
    var _ = select(kernels, scores, values, Float.NaN, out);
  }

  /**
   * The same for a row that is selected from again and again.
   *
   * @param near what this returned for the row the last time, NaN the first time; a wrong one costs
   *     time and changes nothing
   */
  float select(
      Kernels kernels, MemorySegment scores, MemorySegment values, float near, MemorySegment out);

  /**
   * Within each aligned range of so many columns a kept and a dropped entry may change places: the
   * row, or the M of a pattern.
   *
   * @param columns of a row, at least 1
   */
  int exchangeRange(int columns);

  /** The share of a row's entries that may be non-zero, in (0, 1]. */
  double density();

  /**
   * A weaker constraint of the same kind, on the way from no constraint (progress 0) to this one
   * (progress 1): what a ramp of the pruning ratio projects on.
   */
  Sparsity relaxed(double progress);

  @Override
  default RowProjection rowProjection(Kernels kernels, int columns, SegmentAllocator allocator) {
    return (z, t, parameters, row) -> select(kernels, z, z, t);
  }
}
