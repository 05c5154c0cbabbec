// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What of a model's structure is removed before its layers are compressed.
 *
 * @param width share of the linear weights of the blocks to remove, as neurons and key/value groups
 * @param target what the share of the weights follows from, where it is not said itself
 * @param neurons share of the neurons of each feed-forward layer to remove
 * @param groups share of the key/value heads, with their query heads, to remove
 * @param blocks how many whole blocks to remove
 * @param attention of how many of the blocks that stay the attention is removed
 * @param by how neurons and groups are chosen
 * @param blocksBy how blocks are chosen, and those that lose their attention
 * @param sharing whether widths are the same for all blocks
 * @param multiple what the number of neurons that stay is a multiple of
 * @param experts what is removed of mixtures of experts, of which nothing else is
 */
public record StructureOptions(
    OptionalDouble width,
    Optional<Target> target,
    OptionalDouble neurons,
    OptionalDouble groups,
    int blocks,
    int attention,
    String by,
    String blocksBy,
    Sharing sharing,
    OptionalInt multiple,
    Optional<Experts> experts) {
  /** What a model is to come to, by as many neurons and heads as it takes. */
  public sealed interface Target {
    /** As the command line says it. */
    String describe();

    /** So many parameters, both ends and norms included. */
    record Parameters(long count) implements Target {
      @Override
      public String describe() {
        return "--target-parameters " + count;
      }
    }

    /** So many times fewer weights that are read for each token: all but the embedding's rows. */
    record Speed(double factor) implements Target {
      @Override
      public String describe() {
        return "--speedup " + factor;
      }
    }
  }

  /**
   * Experts to remove from every mixture.
   *
   * @param removed below 1 the share of them, else how many
   * @param by how they are chosen
   */
  public record Experts(double removed, String by) {
    /** How many of so many go. */
    public int of(int count) {
      return (int) (removed < 1 ? Math.rint(removed * count) : removed);
    }

    /** As the command line says it. */
    public String describe() {
      return "--prune-experts " + (removed < 1 ? "" + removed : "" + (int) removed);
    }
  }

  /** How what is removed is shared among blocks. */
  public enum Sharing {
    /** Every block keeps the same. */
    UNIFORM,
    /** By what each block's loss does to the predictions. */
    BLOCKS;

    /** The word for it on the command line. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static List<String> words() {
      return Arrays.stream(values()).map(Sharing::word).toList();
    }

    /** The one of a word. */
    public static Sharing named(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  public StructureOptions {
    if (width.isPresent() && target.isPresent()) {
      throw new IllegalArgumentException("the target says the share of the weights");
    }
    if ((width.isPresent() || target.isPresent()) && (neurons.isPresent() || groups.isPresent())) {
      throw new IllegalArgumentException("the share of the weights says the others");
    }
    boolean others = width.isPresent() || target.isPresent() || neurons.isPresent();
    if (experts.isPresent() && (others || groups.isPresent() || blocks > 0 || attention > 0)) {
      throw new IllegalArgumentException("experts are removed alone");
    }
    if (attention > 0 && (width.isPresent() || target.isPresent() || sharing != Sharing.UNIFORM)) {
      throw new IllegalArgumentException("shares of the weights count the attention of all blocks");
    }
  }

  /** A share of the linear weights to remove, in all blocks alike. */
  public static StructureOptions width(double share, String by, String blocksBy) {
    return alone(OptionalDouble.of(share), Optional.empty(), by, blocksBy);
  }

  /**
   * Experts to remove, and nothing else.
   *
   * @param by how neurons and groups would be chosen, of which none go
   * @param blocksBy how blocks would be chosen, of which none go
   */
  public static StructureOptions experts(Experts removed, String by, String blocksBy) {
    return alone(OptionalDouble.empty(), Optional.of(removed), by, blocksBy);
  }

  private static StructureOptions alone(
      OptionalDouble width, Optional<Experts> experts, String by, String blocksBy) {
    return new StructureOptions(
        width,
        Optional.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        0,
        0,
        by,
        blocksBy,
        Sharing.UNIFORM,
        OptionalInt.empty(),
        experts);
  }

  /** As reports tell them. */
  public Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    width.ifPresent(share -> all.put("pruneWidth", share));
    target.ifPresent(
        wanted -> {
          switch (wanted) {
            case Target.Parameters parameters -> all.put("targetParameters", parameters.count());
            case Target.Speed speed -> all.put("speedup", speed.factor());
          }
        });
    neurons.ifPresent(share -> all.put("pruneNeurons", share));
    groups.ifPresent(share -> all.put("pruneGroups", share));
    multiple.ifPresent(width -> all.put("pruneMultiple", width));
    if (experts.isPresent()) {
      all.put("pruneExperts", experts.get().removed());
      all.put("pruneExpertsBy", experts.get().by());
      return all;
    }
    all.put("pruneBy", by);
    if (sharing != Sharing.UNIFORM) {
      all.put("pruneShare", sharing.word());
    }
    if (blocks > 0) {
      all.put("pruneBlocks", blocks);
    }
    if (attention > 0) {
      all.put("pruneAttention", attention);
    }
    if (blocks > 0 || attention > 0) {
      all.put("pruneBlocksBy", blocksBy);
    }
    return all;
  }
}
