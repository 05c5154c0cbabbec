// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import dev.awp.rope.Rotation;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The attention of a block.
 *
 * @param heads of queries
 * @param keyValueHeads of keys, and of values; {@code heads} is a multiple of it
 * @param headDimension columns of one head
 * @param scores what is done to attention scores
 * @param rotation of queries and keys; none where the block knows no positions
 * @param window positions that a query sees at most, itself included, where limited
 * @param inputBias whether the q, k and v projections have biases
 * @param outputBias whether the output projection has one
 */
public record AttentionConfig(
    int heads,
    int keyValueHeads,
    int headDimension,
    AttentionScores scores,
    Optional<Rotation> rotation,
    OptionalInt window,
    boolean inputBias,
    boolean outputBias) {
  /** Columns of all query heads together. */
  public int queryWidth() {
    return heads * headDimension;
  }

  /** Columns of all key (or value) heads together. */
  public int keyValueWidth() {
    return keyValueHeads * headDimension;
  }

  /** The same with fewer or more key/value heads, each with as many query heads. */
  public AttentionConfig withGroups(int count) {
    return new AttentionConfig(
        heads / keyValueHeads * count,
        count,
        headDimension,
        scores,
        rotation,
        window,
        inputBias,
        outputBias);
  }
}
