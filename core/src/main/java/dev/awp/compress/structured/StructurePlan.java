// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.AwpException;
import dev.awp.compress.StructureOptions;
import dev.awp.config.AttentionConfig;
import dev.awp.config.ModelConfig;
import dev.awp.config.QueryKeyNorm;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.report.StructureReport.Shape;
import dev.awp.structured.ColumnTableau;
import dev.awp.structured.UnitChoice;
import dev.awp.structured.choice.UnitChoices;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The sizes that a model may be left with, settled by its configuration alone. Whatever cannot be
 * is refused here, before a weight is read.
 */
public final class StructurePlan {
  /** What feed-forward layers' widths are multiples of: blocks of K-quants, then usual groups. */
  private static final List<Integer> MULTIPLES = List.of(256, 128, 64, 32, 16, 8, 4, 2, 1);

  private final StructureOptions options;
  private final ModelConfig config;
  private final ModelLayout layout;

  /** A plan; AwpException for a model of which nothing can be removed. */
  public StructurePlan(StructureOptions options, ModelConfig config) {
    this.options = options;
    this.config = config;
    this.layout = ModelLayout.of(config);
    if (config.experts().isPresent()) {
      throw fail("it has experts, and structured pruning knows dense models");
    }
    if (config.blocks().stream().map(block -> block.mlp().width()).distinct().count() > 1
        || config.blocks().stream().map(block -> block.attention().heads()).distinct().count()
            > 1) {
      throw fail("its blocks have several widths, and structured pruning gives all the same");
    }
  }

  /**
   * Refuses what does not fit into the Java heap, where units are chosen by least squares.
   *
   * @param heap bytes that it may take
   */
  public void checkMemory(long heap) {
    boolean compensates =
        UnitChoices.byName(options.by()).filter(UnitChoice::compensates).isPresent();
    boolean fewer = candidates().stream().anyMatch(shape -> shape.neurons() < neurons());
    int columns = fewer ? neurons() : attention().queryWidth();
    long needed = ColumnTableau.bytes(columns) / 4 * 5;
    boolean narrower =
        fewer
            || candidates().stream()
                .anyMatch(shape -> shape.groups() < attention().keyValueHeads());
    if (compensates && narrower && needed > heap) {
      throw fail(
          "choosing among %s columns by least squares takes %s MB of Java's heap, which may have %s MB (AWP_JAVA_OPTS=-Xmx..., or --prune-by magnitude)"
              .formatted(columns, needed / 1_000_000, heap / 1_000_000));
    }
  }

  /** What it has. */
  public Shape before() {
    return new Shape(
        neurons(),
        attention().keyValueHeads(),
        IntStream.range(0, config.layers()).boxed().toList());
  }

  private int neurons() {
    return config.block(0).mlp().width();
  }

  private AttentionConfig attention() {
    return config.block(0).attention();
  }

  /**
   * The shapes that it may be left with, at least one; which of them, and which blocks, is to be
   * measured. Until then the first blocks stand for those that stay.
   */
  public List<Shape> candidates() {
    int left = config.layers() - options.blocks();
    if (left < 1) {
      throw fail(
          "--prune-blocks %s leaves none of its %s blocks"
              .formatted(options.blocks(), config.layers()));
    }
    List<Integer> blocks = IntStream.range(0, left).boxed().toList();
    if (options.width().isPresent()) {
      return byWidth(options.width().getAsDouble(), blocks);
    }
    int neurons =
        options.neurons().isPresent()
            ? keptNeurons(
                "--prune-neurons " + options.neurons().getAsDouble(),
                options.neurons().getAsDouble())
            : neurons();
    int groups =
        options.groups().isPresent()
            ? keptGroups(options.groups().getAsDouble())
            : attention().keyValueHeads();
    return List.of(new Shape(neurons, groups, blocks));
  }

  /** What the number of neurons that stay is a multiple of. */
  public int multiple() {
    return options
        .multiple()
        .orElseGet(
            () -> MULTIPLES.stream().filter(width -> neurons() % width == 0).findFirst().orElse(1));
  }

  /** The nearest whole multiple. */
  private OptionalInt nearest(double wanted) {
    int multiple = multiple();
    int kept = (int) Math.rint(wanted / multiple) * multiple;
    return kept < multiple || kept > neurons() ? OptionalInt.empty() : OptionalInt.of(kept);
  }

  private int keptNeurons(String option, double share) {
    if (share == 0) {
      return neurons();
    }
    OptionalInt kept = nearest((1 - share) * neurons());
    if (kept.isEmpty() || kept.getAsInt() == neurons()) {
      throw fail(
          "%s: of the %s neurons of a block %s would stay, and whole multiples of %s can (--prune-multiple says another)"
              .formatted(option, neurons(), Math.round((1 - share) * neurons()), multiple()));
    }
    return kept.getAsInt();
  }

  private int keptGroups(double share) {
    int groups = attention().keyValueHeads();
    if (share == 0) {
      return groups;
    }
    checkGroups();
    double wanted = (1 - share) * groups;
    return allowedGroups().stream()
        .filter(kept -> kept < groups && Math.abs(kept - wanted) <= 0.5)
        .findFirst()
        .orElseThrow(
            () ->
                fail(
                    "--prune-groups %s: of the %s key/value heads of a block %s would stay, and these numbers can: %s"
                        .formatted(share, groups, wanted, allowedGroups())));
  }

  private void checkGroups() {
    if (config.architecture().queryKeyNorm() == QueryKeyNorm.TOGETHER) {
      throw fail(
          "%s norms all heads together: none can be removed without changing the others (--prune-neurons can)"
              .formatted(config.architecture().name()));
    }
  }

  /**
   * Numbers of key/value heads with which the model can be written. Readers want the query heads to
   * divide the hidden size, where those of the original do.
   */
  private List<Integer> allowedGroups() {
    int hidden = config.hiddenSize();
    int shared = attention().heads() / attention().keyValueHeads();
    boolean divides = hidden % attention().heads() == 0;
    return IntStream.rangeClosed(1, attention().keyValueHeads())
        .filter(kept -> !divides || hidden % (kept * shared) == 0)
        .boxed()
        .toList();
  }

  /** Every number of groups, each with the neurons that make up the share. */
  private List<Shape> byWidth(double share, List<Integer> blocks) {
    int all = attention().keyValueHeads();
    long group = weightsOf(1, 0);
    long neuron = weightsOf(0, 1);
    double removed = share * weightsOf(all, neurons());
    boolean together = config.architecture().queryKeyNorm() == QueryKeyNorm.TOGETHER;
    List<Shape> shapes = new ArrayList<>();
    for (int groups : together ? List.of(all) : allowedGroups()) {
      OptionalInt kept = nearest(neurons() - (removed - (double) group * (all - groups)) / neuron);
      if (kept.isPresent() && (groups < all || kept.getAsInt() < neurons())) {
        shapes.add(new Shape(kept.getAsInt(), groups, blocks));
      }
    }
    if (shapes.isEmpty()) {
      throw fail(
          "--prune-width %s: no number of key/value heads (%s) and of neurons (multiples of %s up to %s, --prune-multiple says another) removes about as much and leaves one of each"
              .formatted(share, allowedGroups(), multiple(), neurons()));
    }
    return shapes;
  }

  /** A shape of {@link #candidates} before its neurons were rounded: all remove the same then. */
  Shape exact(Shape shape) {
    long group = weightsOf(1, 0);
    int all = attention().keyValueHeads();
    double removed = options.width().orElseThrow() * weightsOf(all, neurons());
    double left = removed - (double) group * (all - shape.groups());
    int kept = neurons() - (int) Math.rint(left / weightsOf(0, 1));
    return new Shape(Math.clamp(kept, 1, neurons()), shape.groups(), shape.blocks());
  }

  /** Linear weights of a block's groups and neurons. */
  private long weightsOf(int groups, int neurons) {
    int shared = attention().heads() / attention().keyValueHeads();
    long group = 2L * (shared + 1) * attention().headDimension() * config.hiddenSize();
    return groups * group + neurons * 3L * config.hiddenSize();
  }

  /** The share of the linear weights of all blocks that a shape is without. */
  public double share(Shape shape) {
    double all = layout.linears().stream().mapToLong(StructurePlan::weights).sum();
    double kept = (double) shape.blocks().size() * weightsOf(shape.groups(), shape.neurons());
    return 1 - kept / all;
  }

  private static long weights(LinearLayer layer) {
    return (long) layer.rows() * layer.columns();
  }

  private AwpException fail(String what) {
    return new AwpException("%s: %s".formatted(config.file(), what));
  }

  /** What is planned and assumed, a sentence each. */
  public List<String> sentences() {
    Shape all = before();
    List<String> sentences = new ArrayList<>();
    List<String> words =
        candidates().stream()
            .map(
                shape ->
                    String.format(
                        Locale.ROOT,
                        "%s of %s neurons and %s of %s key/value heads (%.1f %% of the linear"
                            + " weights fewer)",
                        shape.neurons(),
                        all.neurons(),
                        shape.groups(),
                        all.groups(),
                        100 * share(shape)))
            .toList();
    sentences.add(
        "%s of %s blocks stay, each with %s; neurons in multiples of %s"
            .formatted(
                candidates().getFirst().blocks().size(),
                all.blocks().size(),
                String.join(", or ", words),
                multiple()));
    return sentences;
  }
}
