// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

/**
 * The scales and minimums of a unit's groups while they are rounded, together, to multiples of
 * numbers that the unit stores. Scratch for one thread; arrays have an entry for each group.
 */
public interface SharedScales {
  /** Scales, first ideal, after {@link #round} storable. */
  float[] scales();

  /** Minimums, first ideal, after {@link #round} storable. */
  float[] minimums();

  /** What all scales are multiples of. */
  float superScale();

  /** What all minimums are multiples of, times -1; 0 where there are none. */
  float superMinimum();

  /**
   * Rounds the first scales and minimums.
   *
   * @param groups how many; fewer in a row's last unit
   */
  void round(int groups);

  /** The storable super-scale nearest to another. */
  float storableSuperScale(double value);

  /** The storable super-minimum nearest to another. */
  float storableSuperMinimum(double value);
}
