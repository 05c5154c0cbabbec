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
 * @param headDimension columns of one head of queries or keys
 * @param keyValues how keys and values come about
 * @param latent how keys, values and queries are made by way of smaller vectors, where they are
 * @param scores what is done to attention scores
 * @param rotation of queries and keys; none where the block knows no positions
 * @param window positions that a query sees at most, itself included, where limited
 * @param chunk positions of a chunk, where a query sees those of its own chunk alone
 * @param queryKeyNorm how queries and keys are normed before they are rotated
 * @param inputBias whether the q, k and v projections have biases
 * @param outputBias whether the output projection has one
 * @param outputGate whether what the heads gather is multiplied by sigmoids of gates, which lie
 *     behind each head's queries in their projection
 */
public record AttentionConfig(
    int heads,
    int keyValueHeads,
    int headDimension,
    KeyValueConfig keyValues,
    Optional<LatentAttention> latent,
    AttentionScores scores,
    Optional<Rotation> rotation,
    OptionalInt window,
    OptionalInt chunk,
    QueryKeyNorm queryKeyNorm,
    boolean inputBias,
    boolean outputBias,
    boolean outputGate) {
  /** Columns of all query heads together. */
  public int queryWidth() {
    return heads * headDimension;
  }

  /** Outputs of the projection of queries: these, and their gates where there are any. */
  public int queryRows() {
    return outputGate ? 2 * queryWidth() : queryWidth();
  }

  /** Columns of all key heads together, and of all value heads where these are as wide. */
  public int keyValueWidth() {
    return keyValueHeads * headDimension;
  }

  /** Columns of one head of values. */
  public int valueDimension() {
    return latent.map(LatentAttention::valueDimension).orElse(headDimension);
  }

  /** Columns of all value heads together. */
  public int valueWidth() {
    return keyValueHeads * valueDimension();
  }

  /** Columns of what all query heads gather. */
  public int outputWidth() {
    return heads * valueDimension();
  }

  /** The same with other scores. */
  public AttentionConfig withScores(AttentionScores others) {
    return with(heads, keyValueHeads, keyValues, others);
  }

  /** The same with keys and values that come about otherwise. */
  public AttentionConfig withKeyValues(KeyValueConfig others) {
    return with(heads, keyValueHeads, others, scores);
  }

  /** The same with fewer or more key/value heads, each with as many query heads. */
  public AttentionConfig withGroups(int count) {
    return with(heads / keyValueHeads * count, count, keyValues, scores);
  }

  private AttentionConfig with(
      int queries, int groups, KeyValueConfig otherValues, AttentionScores others) {
    return new AttentionConfig(
        queries,
        groups,
        headDimension,
        otherValues,
        latent,
        others,
        rotation,
        window,
        chunk,
        queryKeyNorm,
        inputBias,
        outputBias,
        outputGate);
  }
}
