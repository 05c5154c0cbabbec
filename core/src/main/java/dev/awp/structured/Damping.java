// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured;

/**
 * What is added to the diagonal of C where columns are removed, in units of its mean: as much as
 * there are columns for each token. The fewer tokens determine a weight, the less of what they owe
 * to the removed ones do others take over (docs/decisions/0030-structured.md).
 */
public final class Damping {
  /** What keeps pivots from being rounding. */
  private static final double LEAST = 1e-3;

  /** C counts for little beside so much. */
  private static final double MOST = 1;

  private Damping() {}

  /**
   * The damping that loses least on text that was not calibrated on.
   *
   * @param tokens of which C is the mean, at least 1
   * @param columns dIn
   */
  public static double of(long tokens, int columns) {
    return Math.clamp((double) columns / tokens, LEAST, MOST);
  }
}
