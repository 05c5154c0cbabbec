// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import static java.util.stream.Collectors.toCollection;

import dev.awp.AwpException;
import dev.awp.config.Architecture;
import dev.awp.config.BlockConfig;
import dev.awp.config.ExpertNames;
import dev.awp.config.ModelConfig;
import dev.awp.stored.StoredTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Which tensors a model consists of: names on disk, shapes, and the linear layers among them. */
public record ModelLayout(ModelConfig config) {
  private static final String HEAD = "lm_head";

  /** The layout of a checkpoint's architecture. */
  public static ModelLayout of(ModelConfig config) {
    return new ModelLayout(config);
  }

  public Architecture architecture() {
    return config.architecture();
  }

  public String embedding() {
    return architecture().prefix() + "model.embed_tokens.weight";
  }

  public String finalNorm() {
    return architecture().prefix() + "model.norm.weight";
  }

  /** What the names of a block's tensors begin with. */
  public String prefix(int block) {
    return architecture().prefix() + "model.layers." + block + ".";
  }

  /** The linear layers of a block, in the order in which data flows through them. */
  public List<LinearLayer> linears(int block) {
    return new BlockLinears(this, block).all();
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
                architecture().prefix() + HEAD,
                config.layers(),
                InputSite.HEAD_INPUT,
                config.vocabularySize(),
                config.hiddenSize()));
  }

  /**
   * Whether the outputs of a linear layer are added to the hidden states as they are: neither
   * normed before, nor weighed as those of experts.
   */
  public boolean isAdded(LinearLayer linear) {
    return switch (linear.site().part()) {
      case ATTENTION_OUTPUT -> architecture().norms().afterAttention().isEmpty();
      case MLP_OUTPUT ->
          architecture().norms().afterMlp().isEmpty()
              && config.block(linear.block()).experts().isEmpty();
      case ATTENTION_INPUT, MLP_INPUT, EXPERT_INPUT, EXPERT_OUTPUT, HEAD_INPUT -> false;
    };
  }

  /** Whether a linear layer has a bias. */
  boolean hasBias(LinearLayer linear) {
    BlockConfig block = config.block(linear.block());
    return switch (linear.site().part()) {
      case ATTENTION_INPUT -> block.attention().inputBias();
      case ATTENTION_OUTPUT -> block.attention().outputBias();
      case MLP_INPUT, MLP_OUTPUT -> block.mlp().bias();
      case EXPERT_INPUT, EXPERT_OUTPUT, HEAD_INPUT -> false;
    };
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
    for (int block = 0; block < config.layers(); block++) {
      addBlock(block, shapes);
    }
    shapes.put(finalNorm(), List.of(hidden));
    if (!config.tieWordEmbeddings()) {
      shapes.put(headTensor(), List.of((long) config.vocabularySize(), hidden));
    }
    return shapes;
  }

  private void addBlock(int block, Map<String, List<Long>> shapes) {
    String prefix = prefix(block);
    long hidden = config.hiddenSize();
    for (String norm : architecture().norms().modules()) {
      shapes.put(prefix + norm + ".weight", List.of(hidden));
    }
    for (LinearLayer linear : linears(block)) {
      shapes.put(linear.weight(), List.of((long) linear.rows(), (long) linear.columns()));
      if (hasBias(linear)) {
        shapes.put(linear.bias(), List.of((long) linear.rows()));
      }
    }
    if (architecture().queryKeyNorm()) {
      List<Long> head = List.of((long) config.block(block).attention().headDimension());
      shapes.put(prefix + "self_attn.q_norm.weight", head);
      shapes.put(prefix + "self_attn.k_norm.weight", head);
    }
    config
        .block(block)
        .experts()
        .ifPresent(
            experts -> {
              ExpertNames names = architecture().experts().orElseThrow().names();
              shapes.put(prefix + names.router(), List.of((long) experts.count(), hidden));
              if (experts.sharedWidth().isPresent()) {
                shapes.put(prefix + names.sharedGate(), List.of(1L, hidden));
              }
            });
  }

  /**
   * The steps of a block, in their order.
   *
   * @param block the number of blocks for what lies behind the last one
   */
  public List<Step> steps(int block) {
    return block < config.layers() ? Step.OF_BLOCK : List.of(Step.HEAD);
  }

  /**
   * Elements of a block's tensors that are decoded with a step: all but those of experts, and those
   * of other steps' linear layers.
   */
  public long residentWeights(int block, Step step) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    addBlock(block, shapes);
    for (LinearLayer linear : linears(block)) {
      if (linear.site().ofExpert() || linear.step() != step) {
        shapes.remove(linear.weight());
      }
    }
    return shapes.values().stream()
        .mapToLong(shape -> shape.stream().reduce(1L, Math::multiplyExact))
        .sum();
  }

  /** The tensor that turns hidden states into logits. */
  public String headTensor() {
    return config.tieWordEmbeddings() ? embedding() : architecture().prefix() + HEAD + ".weight";
  }
}
