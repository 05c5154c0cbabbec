// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import static java.util.stream.Collectors.toCollection;

import dev.awp.AwpException;
import dev.awp.checkpoint.ModelConfig;
import dev.awp.checkpoint.StoredTensor;
import dev.awp.checkpoint.TensorView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** Which tensors a model consists of: names on disk, shapes, and the linear layers among them. */
public record ModelLayout(ModelConfig config, Architecture architecture) {
  static final String EMBEDDING = "model.embed_tokens.weight";
  static final String FINAL_NORM = "model.norm.weight";
  static final String HEAD = "lm_head.weight";

  /** The layout of a checkpoint's architecture. */
  public static ModelLayout of(ModelConfig config) {
    return new ModelLayout(config, Architecture.of(config));
  }

  static String prefix(int block) {
    return "model.layers." + block + ".";
  }

  /** The linear layers of a block, in the order in which data flows through them. */
  public List<LinearLayer> linears(int block) {
    int hidden = config.hiddenSize();
    int queries = config.queryWidth();
    int keys = config.keyValueWidth();
    int inner = config.intermediateSize();
    String p = prefix(block);
    return List.of(
        linear(p + "self_attn.q_proj", block, InputSite.ATTENTION_INPUT, queries, hidden),
        linear(p + "self_attn.k_proj", block, InputSite.ATTENTION_INPUT, keys, hidden),
        linear(p + "self_attn.v_proj", block, InputSite.ATTENTION_INPUT, keys, hidden),
        linear(p + "self_attn.o_proj", block, InputSite.ATTENTION_OUTPUT, hidden, queries),
        linear(p + "mlp.gate_proj", block, InputSite.MLP_INPUT, inner, hidden),
        linear(p + "mlp.up_proj", block, InputSite.MLP_INPUT, inner, hidden),
        linear(p + "mlp.down_proj", block, InputSite.MLP_OUTPUT, hidden, inner));
  }

  private static LinearLayer linear(String name, int block, InputSite site, int rows, int columns) {
    return new LinearLayer(name, block, site, rows, columns);
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
    return List.of(0);
  }

  /** Whether a linear layer has a bias. */
  boolean hasBias(LinearLayer linear) {
    return switch (linear.site().part()) {
      case ATTENTION_INPUT -> architecture.hasQkvBias(config);
      case ATTENTION_OUTPUT -> config.attentionBias();
      case MLP_INPUT, MLP_OUTPUT -> config.mlpBias();
      case EXPERT_INPUT, EXPERT_OUTPUT -> false;
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
      if (tensor instanceof TensorView view && !view.dtype().isComputable()) {
        throw new AwpException(
            "%s: tensor %s is stored as %s, awp computes with F32, F16 and BF16"
                .formatted(view.file(), view.name(), view.dtype()));
      }
    }
  }

  /** Name and shape of every tensor that the model needs, in the order in which it uses them. */
  public Map<String, List<Long>> shapes() {
    long hidden = config.hiddenSize();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put(EMBEDDING, List.of((long) config.vocabularySize(), hidden));
    for (int block = 0; block < config.layers(); block++) {
      shapes.put(prefix(block) + "input_layernorm.weight", List.of(hidden));
      shapes.put(prefix(block) + "post_attention_layernorm.weight", List.of(hidden));
      for (LinearLayer linear : linears(block)) {
        shapes.put(linear.weight(), List.of((long) linear.rows(), (long) linear.columns()));
        if (hasBias(linear)) {
          shapes.put(linear.bias(), List.of((long) linear.rows()));
        }
      }
      if (architecture.hasQueryKeyNorm()) {
        List<Long> head = List.of((long) config.headDimension());
        shapes.put(prefix(block) + "self_attn.q_norm.weight", head);
        shapes.put(prefix(block) + "self_attn.k_norm.weight", head);
      }
    }
    shapes.put(FINAL_NORM, List.of(hidden));
    if (!config.tieWordEmbeddings()) {
      shapes.put(HEAD, List.of((long) config.vocabularySize(), hidden));
    }
    return shapes;
  }

  /** The tensor that turns hidden states into logits. */
  String headTensor() {
    return config.tieWordEmbeddings() ? EMBEDDING : HEAD;
  }
}
