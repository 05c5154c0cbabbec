// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * Numbers that a model's values are multiplied by on their way, 1 where there is none.
 *
 * @param embeddings before the first block
 * @param steps what a step of a block adds to the hidden states
 * @param logits behind the head
 * @param sublayers of single sublayers
 */
public record Multipliers(
    float embeddings, float steps, float logits, SublayerMultipliers sublayers) {
  /** Of whole steps alone. */
  public Multipliers(float embeddings, float steps, float logits) {
    this(embeddings, steps, logits, SublayerMultipliers.NONE);
  }

  /** Everything stays as it is. */
  public static final Multipliers NONE = new Multipliers(1, 1, 1);
}
