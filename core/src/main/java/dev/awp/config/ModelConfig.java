// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * config.json of a checkpoint, checked: every number lies in a sane range, so that products of them
 * do not overflow.
 *
 * @param file where it was read, for messages
 * @param architecture that of the first of "architectures"
 * @param layers number of decoder blocks
 * @param headDimension columns of one attention head
 * @param ropeTheta base of the rotary embedding
 * @param localRopeTheta another base for the blocks with a sliding window, which then have no
 *     scaling
 * @param queryKeyValueBias whether the q, k and v projections have biases
 * @param attentionBias whether the output projection of attention has one
 * @param slidingWindow positions that a query sees at most, itself included, in {@code
 *     slidingBlocks}
 * @param slidingBlocks indices of the blocks that have the window
 * @param scores what is done to attention scores
 * @param logitSoftCap c, where logits become c tanh(logit / c)
 * @param experts of the blocks' mixtures, where there are any
 */
public record ModelConfig(
    Path file,
    Architecture architecture,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int keyValueHeads,
    int headDimension,
    int vocabularySize,
    int maxPositions,
    float rmsNormEpsilon,
    double ropeTheta,
    Optional<RopeScaling> ropeScaling,
    OptionalDouble localRopeTheta,
    boolean tieWordEmbeddings,
    boolean queryKeyValueBias,
    boolean attentionBias,
    boolean mlpBias,
    OptionalInt slidingWindow,
    Set<Integer> slidingBlocks,
    Activation activation,
    AttentionScores scores,
    Optional<Float> logitSoftCap,
    Optional<ExpertConfig> experts) {
  public ModelConfig {
    slidingBlocks = Set.copyOf(slidingBlocks);
  }

  /** Columns of all query heads together. */
  public int queryWidth() {
    return heads * headDimension;
  }

  /** Columns of all key (or value) heads together. */
  public int keyValueWidth() {
    return keyValueHeads * headDimension;
  }

  /** The sliding window of a block, where it has one. */
  public OptionalInt slidingWindow(int block) {
    return slidingBlocks.contains(block) ? slidingWindow : OptionalInt.empty();
  }

  /** Whether a block rotates by {@link #localRopeTheta}. */
  public boolean rotatesLocally(int block) {
    return localRopeTheta.isPresent() && slidingBlocks.contains(block);
  }

  /** The experts of a block, where it has any. */
  public Optional<ExpertConfig> experts(int block) {
    return experts.filter(mixture -> !mixture.denseBlocks().contains(block));
  }
}
