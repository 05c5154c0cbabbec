// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What was removed of a model before its layers were compressed.
 *
 * @param kept what every block has left
 * @param before what every block had
 * @param multiple what the number of neurons that stay was rounded to a multiple of
 * @param share of the linear weights of the original's blocks that was removed
 * @param parts what was kept in each step of each block that stays, in the order of the model; none
 *     where only whole blocks were removed
 */
public record StructureReport(
    Shape kept, Shape before, int multiple, double share, List<Part> parts) {
  public StructureReport {
    requireNonNull(kept, "kept");
    requireNonNull(before, "before");
    parts = List.copyOf(parts);
  }

  /**
   * The sizes of a model's blocks.
   *
   * @param neurons of each feed-forward layer; the most where blocks differ
   * @param groups key/value heads, each with its query heads; the most where blocks differ
   * @param blocks indices in the original
   * @param sizes of each of these blocks, where they differ; none where all are alike
   * @param experts of each mixture, where experts are what is removed; else 0
   */
  public record Shape(
      int neurons,
      int groups,
      List<Integer> blocks,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Size> sizes,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int experts) {
    public Shape {
      blocks = List.copyOf(blocks);
      sizes = sizes == null ? List.of() : List.copyOf(sizes);
      if (!sizes.isEmpty() && sizes.size() != blocks.size()) {
        throw new IllegalArgumentException(sizes.size() + " sizes of " + blocks.size() + " blocks");
      }
    }

    /** A shape of blocks that are all alike. */
    public Shape(int neurons, int groups, List<Integer> blocks) {
      this(neurons, groups, blocks, List.of(), 0);
    }

    /** The same of other blocks. */
    public Shape of(List<Integer> others) {
      return new Shape(neurons, groups, others, List.of(), experts);
    }

    /** The same with so many experts in each mixture. */
    public Shape withExperts(int count) {
      return new Shape(neurons, groups, blocks, sizes, count);
    }

    /** A shape of blocks that each have their own size, if they do. */
    public static Shape of(List<Integer> blocks, List<Size> sizes) {
      int neurons = sizes.stream().mapToInt(Size::neurons).max().orElseThrow();
      int groups = sizes.stream().mapToInt(Size::groups).max().orElseThrow();
      boolean alike = sizes.stream().distinct().count() == 1;
      return new Shape(neurons, groups, blocks, alike ? List.of() : sizes, 0);
    }

    /**
     * The same without the attention of some blocks.
     *
     * @param without indices in the original
     */
    public Shape withoutAttention(List<Integer> without) {
      return of(
          blocks,
          IntStream.range(0, blocks.size())
              .mapToObj(
                  index ->
                      without.contains(blocks.get(index))
                          ? size(index).withoutAttention()
                          : size(index))
              .toList());
    }

    /**
     * The size of a block.
     *
     * @param index of the block among those that stay
     */
    public Size size(int index) {
      return sizes.isEmpty() ? new Size(neurons, groups) : sizes.get(index);
    }
  }

  /** The size of a block: neurons, and key/value heads, none where it has no attention. */
  public record Size(int neurons, int groups) {
    /** Whether it has attention. */
    public boolean hasAttention() {
      return groups > 0;
    }

    private Size withoutAttention() {
      return new Size(neurons, 0);
    }
  }

  /**
   * What was kept of a step of a block.
   *
   * @param block its index in the original
   * @param step attention or mlp
   * @param kept neurons, key/value heads or experts, by their indices in the original
   * @param relativeError f(T) / f(0) of the layer that reads them, on the inputs that the pruned
   *     blocks before it deliver; of experts, |y - y'|^2 / |y|^2 of what the mixture adds to the
   *     hidden states, over the first 8,192 tokens of these inputs
   * @param drift f(W), by the same measure: how far the layer's own weights are from what it should
   *     be on these inputs; 0 of experts
   * @param tokens that its inputs were seen of
   * @param scores by which experts were chosen, of each that there was; none of other parts
   */
  public record Part(
      int block,
      String step,
      List<Integer> kept,
      double relativeError,
      double drift,
      long tokens,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Double> scores) {
    public Part {
      requireNonNull(step, "step");
      kept = List.copyOf(kept);
      scores = scores == null ? List.of() : List.copyOf(scores);
    }

    /** A part that was chosen by the error of the layer that reads it. */
    public Part(
        int block,
        String step,
        List<Integer> kept,
        double relativeError,
        double drift,
        long tokens) {
      this(block, step, kept, relativeError, drift, tokens, List.of());
    }

    /** The same with an error that was measured. */
    public Part withError(double measured) {
      return new Part(block, step, kept, measured, drift, tokens, scores);
    }
  }
}
