// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.rope;

/**
 * YaRN (Peng et al., 2023; "rope_type": "yarn"): frequencies that turn more than {@code betaFast}
 * times within the original context stay, those that turn less than {@code betaSlow} times are
 * divided by {@code factor}, those between are blended; cosines and sines are multiplied by {@code
 * attentionFactor}.
 *
 * @param originalContext tokens
 * @param truncated whether the two bounds are rounded outwards to whole planes
 */
public record YarnScaling(
    double factor,
    int originalContext,
    double betaFast,
    double betaSlow,
    boolean truncated,
    double attentionFactor)
    implements RopeScaling {
  /** The usual bounds. */
  public static final double BETA_FAST = 32;

  /** The usual bounds. */
  public static final double BETA_SLOW = 1;

  /** The factor of cosines and sines that the paper takes for a stretched context. */
  public static double usualAttentionFactor(double factor) {
    return attentionFactor(factor, 1);
  }

  /**
   * The same of another weight than 1: 0.1 mscale log(factor) + 1.
   *
   * @param mscale 0 for a factor of 1
   */
  public static double attentionFactor(double factor, double mscale) {
    return factor > 1 ? 0.1 * mscale * Math.log(factor) + 1 : 1;
  }
}
