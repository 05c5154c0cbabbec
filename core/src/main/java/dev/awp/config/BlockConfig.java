// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A decoder block. Blocks of one model may differ in all of it.
 *
 * @param ownAttention its attention; a block may have none
 * @param recurrence what mixes tokens in the place of attention, or beside it, where there is such
 * @param ownMlp its feed-forward layer; where there are experts, what config.json says of it
 *     nevertheless; a block may have none
 * @param experts of the mixture that takes the feed-forward layer's place, where there is one
 * @param perLayer of its vectors for each token, where it has such
 */
public record BlockConfig(
    Optional<AttentionConfig> ownAttention,
    Optional<Recurrence> recurrence,
    Optional<MlpConfig> ownMlp,
    Optional<ExpertConfig> experts,
    Optional<PerLayerConfig> perLayer) {
  /** Key of config.json's list of the blocks' kinds: windows, chunks, recurrences. */
  public static final String TYPES_KEY = "layer_types";

  /** A block with attention. */
  public BlockConfig(AttentionConfig attention, MlpConfig mlp, Optional<ExpertConfig> experts) {
    this(Optional.of(attention), Optional.empty(), Optional.of(mlp), experts, Optional.empty());
  }

  /** The same with so many experts, where it has any. */
  public BlockConfig withExperts(int count) {
    return new BlockConfig(
        ownAttention, recurrence, ownMlp, experts.map(own -> own.withCount(count)), perLayer);
  }

  /**
   * Its attention.
   *
   * @throws IllegalStateException where it has none
   */
  public AttentionConfig attention() {
    return ownAttention.orElseThrow(
        () -> new IllegalStateException("attention of a block that has none"));
  }

  /** The block whose keys and values its attention takes, where it takes another one's. */
  public OptionalInt sharedFrom() {
    return ownAttention
        .map(attention -> attention.keyValues().sharedFrom())
        .orElse(OptionalInt.empty());
  }

  /**
   * Its feed-forward layer.
   *
   * @throws IllegalStateException where it has none
   */
  public MlpConfig mlp() {
    return ownMlp.orElseThrow(
        () -> new IllegalStateException("feed-forward layer of a block that has none"));
  }
}
