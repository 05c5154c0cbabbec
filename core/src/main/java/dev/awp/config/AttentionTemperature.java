// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * Queries that are multiplied by a number which grows with their position, so that attention stays
 * sharp in long sequences: 1 + beta log(1 + floor((position + offset) / interval)), as LLaMA 4 and
 * Ministral 3 have it.
 *
 * @param beta how fast it grows, above 0
 * @param interval positions from one step to the next, at least 1
 * @param offset what is added to positions
 */
public record AttentionTemperature(double beta, int interval, int offset) {
  /** What the query of a position is multiplied by; 1 in the first interval. */
  public float factor(int position) {
    return (float) (1 + beta * Math.log(1 + Math.floorDiv(position + offset, interval)));
  }
}
