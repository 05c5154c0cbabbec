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
 * @param sinks whether each head has one more score, which takes a share and has no value
 */
public record AttentionScores(
    double divisor,
    Optional<Float> softCap,
    Optional<AttentionTemperature> temperature,
    boolean sinks) {
  /** The same with queries that are multiplied besides. */
  public AttentionScores with(AttentionTemperature other) {
    return new AttentionScores(divisor, softCap, Optional.of(other), sinks);
  }

  /** What the products are multiplied by. */
  public float factor() {
    return (float) (1 / Math.sqrt(divisor));
  }
}
