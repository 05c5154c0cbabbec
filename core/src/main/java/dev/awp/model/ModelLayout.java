// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import static java.util.stream.Collectors.toCollection;

import dev.awp.AwpException;
import dev.awp.config.Architecture;
import dev.awp.config.BlockConfig;
import dev.awp.config.ModelConfig;
import dev.awp.config.PerLayerRule;
import dev.awp.stored.StoredTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/** Which tensors a model consists of: names on disk, shapes, and the linear layers among them. */
public record ModelLayout(ModelConfig config) {
  /** The place before the first block. */
  public static final int BEFORE = -1;

  /** The layout of a checkpoint's architecture. */
  public static ModelLayout of(ModelConfig config) {
    return new ModelLayout(config);
  }

  public Architecture architecture() {
    return config.architecture();
  }

  public String embedding() {
    return config.names().embedding();
  }

  public String finalNorm() {
    return config.names().finalNorm(architecture().finalNorm());
  }

  /** The columns of the states that flow through it. */
  public StateColumns columns() {
    return StateColumns.of(config);
  }

  /** What the names of a block's tensors begin with. */
  public String prefix(int block) {
    return config.names().block(block);
  }

  /** The steps of a block as data, in their order. */
  public List<BlockStep> blockSteps(int block) {
    return BlockStep.of(this, block);
  }

  /** The linear layers of a block, in the order in which data flows through them. */
  public List<LinearLayer> linears(int block) {
    return blockSteps(block).stream().flatMap(step -> step.linears().stream()).toList();
  }

  /** The linear layers of all blocks. */
  public List<LinearLayer> linears() {
    List<LinearLayer> all = new ArrayList<>();
    for (int block = 0; block < config.layers(); block++) {
      all.addAll(linears(block));
    }
    return all;
  }

  /** The input sites of a block, in the order in which data flows through them. */
  public SortedSet<InputSite> sites(int block) {
    return linears(block).stream().map(LinearLayer::site).collect(toCollection(TreeSet::new));
  }

  /** The input sites that there are in any of the blocks. */
  public SortedSet<InputSite> sites() {
    return blockKinds().stream()
        .flatMap(block -> sites(block).stream())
        .collect(toCollection(TreeSet::new));
  }

  /**
   * One block of every kind, by index: the layers of all others have the shapes of one of these.
   */
  public List<Integer> blockKinds() {
    Map<BlockConfig, Integer> kinds = new LinkedHashMap<>();
    for (int block = 0; block < config.layers(); block++) {
      kinds.putIfAbsent(config.block(block), block);
    }
    return List.copyOf(kinds.values());
  }

  /** The layer that turns hidden states into logits; empty where the embeddings do that too. */
  public Optional<LinearLayer> head() {
    return config.tieWordEmbeddings()
        ? Optional.empty()
        : Optional.of(
            new LinearLayer(
                config.names().head(),
                config.layers(),
                InputSite.HEAD_INPUT,
                config.vocabularySize(),
                config.hiddenSize()));
  }

  /**
   * The embedding as what turns hidden states into logits, of a model that has no other head.
   *
   * @throws IllegalStateException where there is one
   */
  public LinearLayer tiedHead() {
    if (!config.tieWordEmbeddings()) {
      throw new IllegalStateException("the model has an output head of its own");
    }
    return embedding(config.layers(), InputSite.HEAD_INPUT);
  }

  /** The embedding as what turns tokens into hidden states; its block is {@link #BEFORE}. */
  public LinearLayer tokenLayer() {
    return embedding(BEFORE, InputSite.TOKENS);
  }

  private LinearLayer embedding(int block, InputSite site) {
    String weight = embedding();
    return new LinearLayer(
        weight.substring(0, weight.lastIndexOf('.')),
        block,
        site,
        config.vocabularySize(),
        config.hiddenSize());
  }

  /** The tensors at the model's two ends: one where the embedding is the output head too. */
  public Set<String> ends() {
    return new LinkedHashSet<>(Arrays.asList(embedding(), headTensor()));
  }

  /** Whether the outputs of a linear layer are added to the hidden states as they are. */
  public boolean isAdded(LinearLayer linear) {
    return linear.block() != BEFORE
        && linear.block() < config.layers()
        && blockSteps(linear.block()).stream()
            .filter(step -> step.step().equals(linear.step()))
            .anyMatch(step -> step.isAdded(linear));
  }

  /**
   * Refuses a checkpoint that lacks a tensor or holds one of another shape than config.json says.
   */
  public void check(WeightSource source) {
    for (Map.Entry<String, List<Long>> expected : shapes().entrySet()) {
      StoredTensor tensor = source.tensor(expected.getKey());
      if (!tensor.shape().equals(expected.getValue())) {
        throw new AwpException(
            "%s: tensor %s has shape %s where config.json implies %s"
                .formatted(tensor.file(), tensor.name(), tensor.shape(), expected.getValue()));
      }
      if (!tensor.type().isComputable()) {
        throw new AwpException(
            "%s: tensor %s is stored as %s, awp computes with F32, F16 and BF16"
                .formatted(tensor.file(), tensor.name(), tensor.type().name()));
      }
    }
  }

  /** Name and shape of every tensor that the model needs, in the order in which it uses them. */
  public Map<String, List<Long>> shapes() {
    long hidden = config.hiddenSize();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put(embedding(), List.of((long) config.vocabularySize(), hidden));
    addTokenVectors(shapes);
    for (int block = 0; block < config.layers(); block++) {
      addBlock(block, shapes);
    }
    shapes.put(finalNorm(), List.of(hidden));
    if (!config.tieWordEmbeddings()) {
      shapes.put(headTensor(), List.of((long) config.vocabularySize(), hidden));
    }
    return shapes;
  }

  /** The tensor with the vectors that blocks have for each token, where they have such. */
  public Optional<String> tokenTable() {
    return config.perLayer().map(_ -> outside(PerLayerRule::table));
  }

  /** The tensor that makes such vectors of a token's embedding, where blocks have them. */
  public Optional<String> tokenProjection() {
    return config.perLayer().map(_ -> outside(PerLayerRule::projection));
  }

  private String outside(Function<PerLayerRule, String> module) {
    PerLayerRule names = architecture().perLayer().orElseThrow();
    return config.names().decoder() + module.apply(names) + ".weight";
  }

  /** What the vectors that blocks have for each token are made of. */
  private void addTokenVectors(Map<String, List<Long>> shapes) {
    config
        .perLayer()
        .ifPresent(
            own -> {
              long all = (long) own.width() * config.layers();
              shapes.put(outside(PerLayerRule::table), List.of((long) own.vocabulary(), all));
              shapes.put(
                  outside(PerLayerRule::projection), List.of(all, (long) config.hiddenSize()));
              shapes.put(outside(PerLayerRule::projectionNorm), List.of((long) own.width()));
            });
  }

  private void addBlock(int block, Map<String, List<Long>> shapes) {
    List<Long> hidden = List.of((long) config.hiddenSize());
    List<BlockStep> steps = blockSteps(block);
    steps.stream()
        .flatMap(step -> step.norms().modules())
        .forEach(norm -> shapes.put(prefix(block) + norm + ".weight", hidden));
    for (BlockStep step : steps) {
      for (LinearLayer linear : step.linears()) {
        shapes.put(linear.weight(), List.of((long) linear.rows(), (long) linear.columns()));
        if (step.hasBias(linear)) {
          shapes.put(linear.bias(), List.of((long) linear.rows()));
        }
      }
    }
    steps.forEach(step -> shapes.putAll(step.others()));
    steps.stream()
        .flatMap(step -> step.scalar().stream())
        .forEach(scalar -> shapes.put(scalar, List.of(1L)));
  }

  /**
   * The steps of a block, in their order.
   *
   * @param block the number of blocks for what lies behind the last one
   */
  public List<Step> steps(int block) {
    return block < config.layers()
        ? blockSteps(block).stream().map(BlockStep::step).toList()
        : List.of(Step.HEAD);
  }

  /** The steps that there are in any of the blocks. */
  public SortedSet<Step> steps() {
    return blockKinds().stream()
        .flatMap(block -> steps(block).stream())
        .collect(toCollection(TreeSet::new));
  }

  /**
   * Elements of a block's tensors that are decoded with a step: all but those of experts, and those
   * of the linear layers of steps whose outputs it does not add.
   */
  public long residentWeights(int block, Step step) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    addBlock(block, shapes);
    Set<Step> together = new HashSet<>(Set.of(step));
    blockSteps(block).stream()
        .filter(own -> own.step().equals(step))
        .flatMap(own -> own.joined().stream())
        .forEach(joined -> together.add(joined.step()));
    for (LinearLayer linear : linears(block)) {
      if (linear.site().ofExpert() || !together.contains(linear.step())) {
        shapes.remove(linear.weight());
      }
    }
    return shapes.values().stream()
        .mapToLong(shape -> shape.stream().reduce(1L, Math::multiplyExact))
        .sum();
  }

  /** The tensor that turns hidden states into logits. */
  public String headTensor() {
    return config.tieWordEmbeddings() ? embedding() : config.names().headTensor();
  }
}
