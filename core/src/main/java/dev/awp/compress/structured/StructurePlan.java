// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.AwpException;
import dev.awp.compress.StructureOptions;
import dev.awp.config.AttentionConfig;
import dev.awp.config.MlpConfig;
import dev.awp.config.ModelConfig;
import dev.awp.config.QueryKeyNorm;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.report.StructureReport.Shape;
import dev.awp.report.StructureReport.Size;
import dev.awp.structured.UnitChoice;
import dev.awp.structured.choice.UnitChoices;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The sizes that a model may be left with, settled by its configuration alone. Whatever cannot be
 * is refused here, before a weight is read.
 */
public final class StructurePlan {
  /** What feed-forward layers' widths are multiples of: blocks of K-quants, then usual groups. */
  private static final List<Integer> MULTIPLES = List.of(256, 128, 64, 32, 16, 8, 4, 2, 1);

  /** Of a block's neurons so many stay at least where blocks share what is removed. */
  private static final double LEAST_SHARE = 0.25;

  private final StructureOptions options;
  private final ModelConfig config;
  private final ModelLayout layout;
  private final OptionalDouble width;
  private final Optional<ExpertPlan> experts;

  /** A plan; AwpException for a model of which nothing can be removed. */
  public StructurePlan(StructureOptions options, ModelConfig config) {
    this.options = options;
    this.config = config;
    this.layout = ModelLayout.of(config);
    this.experts = options.experts().map(wanted -> ExpertPlan.of(wanted, config));
    if (experts.isPresent()) {
      this.width = OptionalDouble.empty();
      return;
    }
    if (config.experts().isPresent()) {
      throw fail("it has experts: of such models whole experts can be removed (--prune-experts)");
    }
    if (config.attention().isEmpty() || config.mlp().isEmpty()) {
      throw fail(
          "no block has %s: structured pruning knows models that have it, and feed-forward layers"
              .formatted(config.attention().isEmpty() ? "attention" : "a feed-forward layer"));
    }
    if (config.recurrence().isPresent() && options.sharing() == StructureOptions.Sharing.BLOCKS) {
      throw fail(
          "--prune-share blocks knows models whose blocks all have attention and a feed-forward layer alone, and its blocks have %s"
              .formatted(config.recurrence().get().title()));
    }
    if (config.architecture().globalHeads().isPresent()
        && (options.sharing() == StructureOptions.Sharing.BLOCKS || options.attention() > 0)) {
      throw fail(
          "%s knows models whose blocks are all alike, and its blocks have heads of two kinds"
              .formatted(options.attention() > 0 ? "--prune-attention" : "--prune-share blocks"));
    }
    if (config.hasBlockSizes()) {
      throw fail("its blocks have several widths already, and structured pruning begins with one");
    }
    if (config.recurrence().isPresent() && options.attention() > 0) {
      throw fail(
          "--prune-attention knows models whose blocks all have attention and a feed-forward layer alone, and its blocks have %s"
              .formatted(config.recurrence().get().title()));
    }
    this.width = wantedWidth();
  }

  /**
   * Refuses what does not fit.
   *
   * @param heap bytes that Java's heap may take
   * @param limit bytes that the run may take
   * @param drifted whether layers make up for the drift of their inputs
   */
  public void checkMemory(long heap, OptionalLong limit, boolean drifted) {
    PruningMemory needed = memory(drifted);
    if (needed.heap() > heap) {
      throw fail(
          "choosing among %s columns by least squares takes %s MB of Java's heap, which may have %s MB (AWP_JAVA_OPTS=-Xmx..., or --prune-by magnitude)"
              .formatted(widest(), megabytes(needed.heap()), megabytes(heap)));
    }
    if (limit.isPresent() && needed.bytes() > limit.getAsLong()) {
      throw fail(
          "%s takes %s MB of memory, %s MB of it of Java's heap, and --memory-limit allows %s MB"
              .formatted(
                  work(""),
                  megabytes(needed.bytes()),
                  megabytes(needed.heap()),
                  megabytes(limit.getAsLong())));
    }
  }

  private static long megabytes(long bytes) {
    return Math.ceilDiv(bytes, 1_000_000);
  }

  /** What takes memory. */
  private String work(String most) {
    return widest() > 0
        ? "choosing among %s%s columns".formatted(most, widest())
        : "making up for what is removed";
  }

  /** The most columns of which some are chosen. */
  private int widest() {
    return removesNeurons() ? Math.max(widestMlp(), groupColumns()) : groupColumns();
  }

  private int groupColumns() {
    return removesGroups() ? widestQueries() : 0;
  }

  /** Neurons of the widest feed-forward layer. */
  private int widestMlp() {
    return config.blocks().stream()
        .flatMap(block -> block.ownMlp().stream())
        .mapToInt(MlpConfig::width)
        .max()
        .orElse(0);
  }

  /** Columns of the query heads of the block where they have most. */
  private int widestQueries() {
    return config.blocks().stream()
        .flatMap(block -> block.ownAttention().stream())
        .mapToInt(AttentionConfig::queryWidth)
        .max()
        .orElse(0);
  }

  boolean removesNeurons() {
    return candidates().stream().anyMatch(shape -> anySize(shape, s -> s.neurons() < neurons()));
  }

  boolean removesGroups() {
    int all = attention().keyValueHeads();
    return sharesAmongBlocks(config.layers() - options.blocks())
        ? wanted(config.layers() - options.blocks()).stream().anyMatch(Wanted::groups)
        : candidates().stream()
            .anyMatch(shape -> anySize(shape, s -> s.hasAttention() && s.groups() < all));
  }

  private static boolean anySize(Shape shape, Predicate<Size> wanted) {
    return IntStream.range(0, shape.blocks().size()).mapToObj(shape::size).anyMatch(wanted);
  }

  PruningMemory memory(boolean drifted) {
    boolean solves = solves();
    boolean refits = solves && drifted && experts.isEmpty();
    int hidden = config.hiddenSize();
    PruningMemory ofNeurons =
        removesNeurons() || refits
            ? PruningMemory.of(
                hidden,
                widestMlp(),
                refits ? rows(Step.MLP) : 0,
                solves && removesNeurons(),
                drifted)
            : PruningMemory.NONE;
    PruningMemory ofGroups =
        removesGroups() || refits
            ? PruningMemory.of(
                hidden,
                widestQueries(),
                refits ? rows(Step.ATTENTION) : 0,
                solves && removesGroups(),
                drifted)
            : PruningMemory.NONE;
    return ofNeurons.max(ofGroups);
  }

  /** Rows of the layers that make the units of a step, the most of any block. */
  private int rows(Step step) {
    return IntStream.range(0, config.layers())
        .flatMap(
            block ->
                layout.steps(block).stream()
                    .filter(step::equals)
                    .flatMap(own -> StepCut.of(layout, block, own).stream())
                    .mapToInt(
                        cut -> cut.producers().keySet().stream().mapToInt(LinearLayer::rows).sum()))
        .max()
        .orElse(0);
  }

  /** Whether weights that stay are solved for anew. */
  boolean solves() {
    return UnitChoices.byName(options.by()).filter(UnitChoice::compensates).isPresent();
  }

  /** The share of the linear weights to remove, where that is what is asked for. */
  private OptionalDouble wantedWidth() {
    if (options.width().isPresent()) {
      return options.width();
    }
    if (options.target().isEmpty()) {
      return OptionalDouble.empty();
    }
    int left = config.layers() - options.blocks();
    double linear = linearOfBlock();
    double ofBlock = (double) ofBlocks() / config.layers();
    // What stays whatever is removed of the blocks: norms and biases of these, and both ends.
    double removed =
        switch (options.target().get()) {
          case StructureOptions.Target.Parameters target -> {
            double now = total() - options.blocks() * ofBlock;
            yield now - target.count();
          }
          case StructureOptions.Target.Speed target -> {
            double read = config.layers() * ofBlock + headWeights();
            yield left * ofBlock + headWeights() - read / target.factor();
          }
        };
    double share = removed / (left * linear);
    String told = options.target().get().describe();
    if (left > 0 && share <= 0) {
      throw fail("%s: there is nothing left to remove for it".formatted(told));
    }
    if (left > 0 && share >= 1) {
      throw fail(
          "%s: what is no neuron and no head has more: %s of %s parameters stay in any case"
              .formatted(told, total() - ofBlocks(), total()));
    }
    return OptionalDouble.of(Math.clamp(share, Double.MIN_NORMAL, 1));
  }

  /** Parameters of the whole model. */
  private long total() {
    return parameters(layout);
  }

  private static long parameters(ModelLayout of) {
    return elements(of.shapes());
  }

  private static long elements(Map<String, List<Long>> shapes) {
    return shapes.values().stream()
        .mapToLong(shape -> shape.stream().reduce(1L, Math::multiplyExact))
        .sum();
  }

  /** Parameters of all blocks. */
  private long ofBlocks() {
    Map<String, List<Long>> ends = new HashMap<>(layout.shapes());
    IntStream.range(0, config.layers())
        .mapToObj(layout::prefix)
        .forEach(prefix -> ends.keySet().removeIf(name -> name.startsWith(prefix)));
    return total() - elements(ends);
  }

  /** Weights that turn hidden states into logits: read for each token, as those of blocks are. */
  private long headWeights() {
    return (long) config.vocabularySize() * config.hiddenSize();
  }

  /** What it has. */
  public Shape before() {
    return new Shape(
            neurons(),
            attention().keyValueHeads(),
            IntStream.range(0, config.layers()).boxed().toList())
        .withExperts(experts.map(plan -> plan.experts().count()).orElse(0));
  }

  private int neurons() {
    return config.mlp().orElseThrow().width();
  }

  private AttentionConfig attention() {
    return config.attention().orElseThrow();
  }

  /**
   * The shapes that it may be left with, at least one; which of them, and which blocks, is to be
   * measured. Until then the first blocks stand for those that stay.
   */
  public List<Shape> candidates() {
    if (experts.isPresent()) {
      return List.of(before().withExperts(experts.get().kept()));
    }
    int left = config.layers() - options.blocks();
    if (left < 1) {
      throw fail(
          "--prune-blocks %s leaves none of its %s blocks"
              .formatted(options.blocks(), config.layers()));
    }
    List<Integer> blocks = standing();
    if (sharesAmongBlocks(left)) {
      return List.of(standIn(blocks));
    }
    if (width.isPresent()) {
      return byWidth(width.getAsDouble(), blocks);
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
    if (options.attention() >= left) {
      throw fail(
          "--prune-attention %s: of the %s blocks that stay the first keeps its attention, for llama.cpp takes the size of all heads from it"
              .formatted(options.attention(), left));
    }
    return List.of(
        new Shape(neurons, groups, blocks)
            .withoutAttention(blocks.subList(left - options.attention(), left)));
  }

  /** The blocks that stay until it is measured which do: the last of those that can go are gone. */
  private List<Integer> standing() {
    FixedBlocks fixed = FixedBlocks.of(config);
    List<Integer> can =
        IntStream.range(0, config.layers())
            .filter(block -> !fixed.reasons().containsKey(block))
            .boxed()
            .toList();
    int kept = can.size() - options.blocks();
    if (kept < 0) {
      throw fail(
          "--prune-blocks %s: of its %s blocks %s can go, for these stay: %s"
              .formatted(options.blocks(), config.layers(), can.size(), fixed.describe()));
    }
    return Stream.concat(fixed.blocks().stream(), can.stream().limit(kept)).sorted().toList();
  }

  /** Whether blocks that stay will have sizes of their own, which are to be measured. */
  boolean sharesAmongBlocks(int blocks) {
    return options.sharing() == StructureOptions.Sharing.BLOCKS && blocks > 1;
  }

  /** The fewest neurons that a block keeps where blocks share what is removed. */
  int leastNeurons() {
    int wanted = (int) Math.ceil(LEAST_SHARE * neurons() / multiple()) * multiple();
    return Math.clamp(wanted, 1, neurons());
  }

  /**
   * What blocks share to be removed.
   *
   * @param neurons whether neurons may go for it
   * @param groups whether key/value groups may
   * @param weights linear weights of all blocks together
   */
  record Wanted(boolean neurons, boolean groups, double weights) {}

  /** What is wanted, of so many blocks. */
  List<Wanted> wanted(int blocks) {
    List<Wanted> wanted = new ArrayList<>();
    width.ifPresent(
        share -> {
          double all = linearOfBlock();
          wanted.add(new Wanted(true, groupsStay().isEmpty(), share * all * blocks));
        });
    options
        .neurons()
        .ifPresent(
            share -> wanted.add(new Wanted(true, false, share * weightsOf(0, neurons()) * blocks)));
    options
        .groups()
        .ifPresent(
            share ->
                wanted.add(
                    new Wanted(
                        false, true, share * weightsOf(attention().keyValueHeads(), 0) * blocks)));
    wanted.forEach(
        some -> {
          double most =
              (some.neurons() ? weightsOf(0, neurons() - leastNeurons()) : 0)
                  + (some.groups() ? weightsOf(attention().keyValueHeads() - 1, 0) : 0);
          if (some.weights() > most * blocks) {
            throw fail(
                "--prune-share blocks leaves every block %s neurons and one key/value head: that is more than the share to be removed leaves"
                    .formatted(leastNeurons()));
          }
        });
    return wanted;
  }

  /**
   * Until they are measured: the first block as it is, the others alike and as narrow as it takes.
   */
  private Shape standIn(List<Integer> blocks) {
    if (options.groups().orElse(0) > 0) {
      checkGroups();
    }
    int neurons = neurons();
    int groups = attention().keyValueHeads();
    for (Wanted some : wanted(blocks.size())) {
      double ofEach = some.weights() / (blocks.size() - 1);
      if (some.neurons()) {
        double left = neurons() - ofEach / weightsOf(0, 1);
        int kept = (int) Math.rint(left / multiple()) * multiple();
        neurons =
            Math.clamp(kept, leastNeurons(), Math.max(leastNeurons(), neurons() - multiple()));
      } else if (some.weights() > 0) {
        groups = Math.clamp(Math.round(groups - ofEach / weightsOf(1, 0)), 1, groups - 1);
      }
    }
    List<Size> sizes = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      sizes.add(
          i == 0 ? new Size(neurons(), attention().keyValueHeads()) : new Size(neurons, groups));
    }
    return Shape.of(blocks, sizes);
  }

  /** Why no key/value head can be removed; nothing where some can. */
  private Optional<String> groupsStay() {
    if (config.architecture().queryKeyNorm() == QueryKeyNorm.TOGETHER) {
      return Optional.of(
          "norms all heads together: none can be removed without changing the others");
    }
    return config.sharingBlocks() > 0
        ? Optional.of(
            "has %s blocks that take keys and values of earlier ones, whose heads would go with theirs"
                .formatted(config.sharingBlocks()))
        : Optional.empty();
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
                    "--prune-groups %s: of the %s key/value heads of a block %s would stay, and these numbers can: %s%s"
                        .formatted(share, groups, wanted, allowedGroups(), otherGroups())));
  }

  private void checkGroups() {
    groupsStay()
        .ifPresent(
            why -> {
              throw fail(
                  "%s %s (--prune-neurons can)".formatted(config.architecture().name(), why));
            });
  }

  /**
   * Numbers of key/value heads of the first block that has attention with which the model can be
   * written. Readers want the query heads to divide the hidden size, where those of the original
   * do, and every block keeps the same share of its heads.
   */
  private List<Integer> allowedGroups() {
    int hidden = config.hiddenSize();
    int all = attention().keyValueHeads();
    int shared = attention().heads() / all;
    boolean divides = hidden % attention().heads() == 0;
    List<Integer> counts = groupCounts();
    return IntStream.rangeClosed(1, all)
        .filter(kept -> !divides || hidden % (kept * shared) == 0)
        .filter(kept -> counts.stream().allMatch(count -> (long) kept * count % all == 0))
        .boxed()
        .toList();
  }

  /** What is to be said of blocks with other numbers of key/value heads than the first. */
  private String otherGroups() {
    List<Integer> others =
        groupCounts().stream().filter(count -> count != attention().keyValueHeads()).toList();
    return others.isEmpty()
        ? ""
        : ", for blocks that have %s keep the same share".formatted(others);
  }

  private List<Integer> groupCounts() {
    return config.blocks().stream()
        .flatMap(block -> block.ownAttention().stream())
        .map(AttentionConfig::keyValueHeads)
        .distinct()
        .toList();
  }

  /** Every number of groups, each with the neurons that make up the share. */
  private List<Shape> byWidth(double share, List<Integer> blocks) {
    int all = attention().keyValueHeads();
    double group = weightsOf(1, 0);
    double neuron = weightsOf(0, 1);
    double removed = share * linearOfBlock();
    List<Shape> shapes = new ArrayList<>();
    for (int groups : groupsStay().isPresent() ? List.of(all) : allowedGroups()) {
      OptionalInt kept = nearest(neurons() - (removed - group * (all - groups)) / neuron);
      if (kept.isPresent() && (groups < all || kept.getAsInt() < neurons())) {
        shapes.add(new Shape(kept.getAsInt(), groups, blocks));
      }
    }
    if (shapes.isEmpty()) {
      throw fail(
          "%s: no number of key/value heads (%s) and of neurons (multiples of %s up to %s, --prune-multiple says another) removes about as much and leaves one of each"
              .formatted(
                  options
                      .target()
                      .map(StructureOptions.Target::describe)
                      .orElse("--prune-width " + share),
                  allowedGroups(),
                  multiple(),
                  neurons()));
    }
    return shapes;
  }

  /** A shape of {@link #candidates} before its neurons were rounded: all remove the same then. */
  Shape exact(Shape shape) {
    int all = attention().keyValueHeads();
    double removed = width.orElseThrow() * linearOfBlock();
    double left = removed - weightsOf(1, 0) * (all - shape.groups());
    int kept = neurons() - (int) Math.rint(left / weightsOf(0, 1));
    return new Shape(Math.clamp(kept, 1, neurons()), shape.groups(), shape.blocks());
  }

  /**
   * Linear weights of a block's groups and neurons; the mean, where some blocks have no attention
   * or no feed-forward layer.
   */
  double weightsOf(int groups, int neurons) {
    double attended = (double) groups * weights(Step.ATTENTION) / attention().keyValueHeads();
    double fed = (double) neurons * weights(Step.MLP) / neurons();
    return (attended + fed) / config.layers();
  }

  /** Linear weights of a step of all blocks. */
  private long weights(Step step) {
    return layout.linears().stream()
        .filter(layer -> layer.step().equals(step))
        .mapToLong(StructurePlan::weights)
        .sum();
  }

  private static long weights(LinearLayer layer) {
    return (long) layer.rows() * layer.columns();
  }

  /** All linear weights of a block, in the mean. */
  private double linearOfBlock() {
    return (double) linearWeights(layout) / config.layers();
  }

  /** The share of the linear weights of all blocks that a shape is without. */
  public double share(Shape shape) {
    double kept = linearWeights(ModelLayout.of(PrunedCheckpoint.pruned(config, shape)));
    return 1 - kept / linearWeights(layout);
  }

  private static long linearWeights(ModelLayout of) {
    return of.linears().stream().mapToLong(StructurePlan::weights).sum();
  }

  private AwpException fail(String what) {
    return new AwpException("%s: %s".formatted(config.file(), what));
  }

  /** How many parameters a model of a shape has. */
  private long parameters(Shape shape) {
    return parameters(ModelLayout.of(PrunedCheckpoint.pruned(config, shape)));
  }

  /** What is planned and assumed, a sentence each. */
  public List<String> sentences(boolean drifted) {
    List<String> sentences = new ArrayList<>();
    sentences.add(shapes());
    PruningMemory needed = memory(drifted);
    if (needed.bytes() > 0) {
      sentences.add(
          "%s takes %s MB of memory, and %s MB of Java's heap"
              .formatted(work("up to "), megabytes(needed.offHeap()), megabytes(needed.heap())));
    }
    return sentences;
  }

  private String experts(ExpertPlan plan) {
    Shape shape = candidates().getFirst();
    return String.format(
        Locale.ROOT,
        "%s of %s experts stay in each mixture, and every token is sent to %s of them (%.1f %% of"
            + " the linear weights fewer, %,d of %,d parameters stay)",
        plan.kept(),
        plan.experts().count(),
        plan.experts().perToken(),
        100 * share(shape),
        parameters(shape),
        total());
  }

  private String shapes() {
    if (experts.isPresent()) {
      return experts(experts.get());
    }
    Shape all = before();
    int left = candidates().getFirst().blocks().size();
    if (sharesAmongBlocks(left)) {
      double share = wanted(left).stream().mapToDouble(Wanted::weights).sum();
      return String.format(
          Locale.ROOT,
          "%s of %s blocks stay, without %.1f %% of their linear weights, shared among them by"
              + " what the predictions lose: at least %s of %s neurons, in multiples of %s, and"
              + " one of %s key/value heads stay in each",
          left,
          all.blocks().size(),
          100 * share / linearOfBlock() / left,
          leastNeurons(),
          all.neurons(),
          multiple(),
          all.groups());
    }
    List<String> words =
        candidates().stream()
            .map(
                shape ->
                    String.format(
                        Locale.ROOT,
                        "%s of %s neurons and %s of %s key/value heads (%.1f %% of the linear"
                            + " weights fewer, %,d of %,d parameters stay)",
                        shape.neurons(),
                        all.neurons(),
                        shape.groups(),
                        all.groups(),
                        100 * share(shape),
                        parameters(shape),
                        total()))
            .toList();
    boolean kinds = widestMlp() > neurons() || groupCounts().size() > 1;
    return "%s of %s blocks stay, %seach with %s; neurons in multiples of %s%s"
        .formatted(
            candidates().getFirst().blocks().size(),
            all.blocks().size(),
            options.attention() > 0
                ? "%s of them without attention, ".formatted(options.attention())
                : "",
            String.join(", or ", words),
            multiple(),
            kinds ? "; blocks that have more or fewer than the first keep the same share" : "");
  }
}
