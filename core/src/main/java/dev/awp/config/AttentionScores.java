// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Optional;

/**
 * What is done to the products of queries and keys before the softmax.
 *
 * @param divisor the products are divided by its square root: the head dimension, or
 *     "query_pre_attn_scalar"
 * @param softCap c, where scores become c tanh(score / c)
 * @param temperature what queries are multiplied by besides, where they are
 */
public record AttentionScores(
    double divisor, Optional<Float> softCap, Optional<AttentionTemperature> temperature) {
  /** What the products are multiplied by. */
  public float factor() {
    return (float) (1 / Math.sqrt(divisor));
  }
}
