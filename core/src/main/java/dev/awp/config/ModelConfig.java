// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import dev.awp.rope.Rotation;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * config.json of a checkpoint, checked: every number lies in a sane range, so that products of them
 * do not overflow.
 *
 * @param file where it was read, for messages
 * @param architecture that of the first of "architectures"
 * @param names of tensors on disk
 * @param normEpsilon what norms add to the mean square, or the variance
 * @param tieWordEmbeddings whether the embeddings turn hidden states into logits too
 * @param multipliers of embeddings, steps and logits
 * @param logitSoftCap c, where logits become c tanh(logit / c)
 * @param rotation of all blocks but those with another one
 * @param localRotation another one for the blocks with a sliding window
 * @param blocks the decoder blocks, in their order; at least one
 * @param warnings what the file says and nothing is made of, a sentence each
 */
public record ModelConfig(
    Path file,
    Architecture architecture,
    TensorNames names,
    int hiddenSize,
    int vocabularySize,
    int maxPositions,
    float normEpsilon,
    boolean tieWordEmbeddings,
    Multipliers multipliers,
    Optional<Float> logitSoftCap,
    Rotation rotation,
    Optional<Rotation> localRotation,
    List<BlockConfig> blocks,
    List<String> warnings) {
  public ModelConfig {
    blocks = List.copyOf(blocks);
    warnings = List.copyOf(warnings);
  }

  /** The same model under other names. */
  public ModelConfig withNames(TensorNames others) {
    return with(others, tieWordEmbeddings);
  }

  /** The same model with an output head of its own. */
  public ModelConfig untied() {
    return with(names, false);
  }

  /** The same model with other blocks. */
  public ModelConfig withBlocks(List<BlockConfig> others) {
    return with(names, tieWordEmbeddings, others);
  }

  /** The same model without multipliers, and with other blocks. */
  public ModelConfig withoutMultipliers(List<BlockConfig> others) {
    return new ModelConfig(
        file,
        architecture,
        names,
        hiddenSize,
        vocabularySize,
        maxPositions,
        normEpsilon,
        tieWordEmbeddings,
        Multipliers.NONE,
        logitSoftCap,
        rotation,
        localRotation,
        others,
        warnings);
  }

  private ModelConfig with(TensorNames others, boolean tied) {
    return with(others, tied, blocks);
  }

  private ModelConfig with(TensorNames others, boolean tied, List<BlockConfig> otherBlocks) {
    return new ModelConfig(
        file,
        architecture,
        others,
        hiddenSize,
        vocabularySize,
        maxPositions,
        normEpsilon,
        tied,
        multipliers,
        logitSoftCap,
        rotation,
        localRotation,
        otherBlocks,
        warnings);
  }

  /** The number of decoder blocks. */
  public int layers() {
    return blocks.size();
  }

  /** A block by its index. */
  public BlockConfig block(int index) {
    return blocks.get(index);
  }

  /**
   * Whether blocks differ in their numbers of heads, or in the widths of feed-forward layers, where
   * the architecture does not have blocks of several kinds.
   */
  public boolean hasBlockSizes() {
    if (architecture.globalHeads().isPresent()) {
      return false;
    }
    boolean mixed = architecture.recurrence().isPresent();
    return blocks.stream()
                .filter(block -> !mixed || block.ownAttention().isPresent())
                .map(ModelConfig::heads)
                .distinct()
                .count()
            > 1
        || blocks.stream()
                .flatMap(block -> block.ownMlp().stream())
                .map(MlpConfig::width)
                .distinct()
                .count()
            > 1;
  }

  private static List<Integer> heads(BlockConfig block) {
    return block
        .ownAttention()
        .map(own -> List.of(own.heads(), own.keyValueHeads(), own.headDimension()))
        .orElse(List.of());
  }

  /** The sliding window, where any block has one. */
  public OptionalInt slidingWindow() {
    return blocks.stream()
        .map(ModelConfig::window)
        .filter(OptionalInt::isPresent)
        .findFirst()
        .orElse(OptionalInt.empty());
  }

  private static OptionalInt window(BlockConfig block) {
    return block.ownAttention().map(AttentionConfig::window).orElse(OptionalInt.empty());
  }

  /** Indices of the blocks that have a sliding window. */
  public Set<Integer> slidingBlocks() {
    return IntStream.range(0, layers())
        .filter(index -> window(block(index)).isPresent())
        .boxed()
        .collect(Collectors.toSet());
  }

  /** The recurrence of the first block that has one. */
  public Optional<Recurrence> recurrence() {
    return blocks.stream().flatMap(block -> block.recurrence().stream()).findFirst();
  }

  /** The attention of the first block that has it. */
  public Optional<AttentionConfig> attention() {
    return blocks.stream().flatMap(block -> block.ownAttention().stream()).findFirst();
  }

  /** The feed-forward layer of the first block that has one. */
  public Optional<MlpConfig> mlp() {
    return blocks.stream().flatMap(block -> block.ownMlp().stream()).findFirst();
  }

  /** The vectors of tokens of the first block that has such; all have them, or none. */
  public Optional<PerLayerConfig> perLayer() {
    return blocks.stream().flatMap(block -> block.perLayer().stream()).findFirst();
  }

  /** How many blocks, the last ones, take their keys and values from a block before. */
  public int sharingBlocks() {
    return Math.toIntExact(blocks.stream().filter(block -> block.sharedFrom().isPresent()).count());
  }

  /** The blocks whose keys and values later ones take, ascending. */
  public SortedSet<Integer> sharedBlocks() {
    return blocks.stream()
        .flatMapToInt(block -> block.sharedFrom().stream())
        .boxed()
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The experts of the first block that has any. */
  public Optional<ExpertConfig> experts() {
    return blocks.stream().flatMap(block -> block.experts().stream()).findFirst();
  }
}
