// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint;

import dev.awp.kernel.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Constraints on which entries of a row may be non-zero. Projecting keeps the largest magnitudes;
 * pruning methods with another idea of importance pass their own scores.
 */
public sealed interface Sparsity extends Constraint permits RowSparsity, NmSparsity {
  /**
   * The sparsity that a person writes: a share of zeros such as 0.5, or a pattern such as 2:4.
   *
   * @throws IllegalArgumentException that tells the rule
   */
  static Sparsity parse(String text) {
    Matcher pattern = Pattern.compile("(\\d{1,4}):(\\d{1,4})").matcher(text);
    if (pattern.matches()) {
      return new NmSparsity(Integer.parseInt(pattern.group(1)), Integer.parseInt(pattern.group(2)));
    }
    double ratio;
    try {
      ratio = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is neither a share of zeros such as 0.5 nor a pattern such as 2:4", e);
    }
    if (ratio == 0) {
      throw new IllegalArgumentException(
          "the share of zeros must lie between 0 and 1, not " + ratio);
    }
    return new RowSparsity(ratio);
  }

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
