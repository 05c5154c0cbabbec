// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import dev.awp.AwpException;
import dev.awp.checkpoint.Llama3Scaling;
import dev.awp.checkpoint.ModelConfig;
import dev.awp.model.Architecture;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Names, types, padding and row orders of a model's tensors in a GGUF file. */
final class GgufLayout {
  private static final Map<String, String> PARTS =
      Map.ofEntries(
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("self_attn.q_norm", "attn_q_norm"),
          Map.entry("self_attn.k_norm", "attn_k_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"),
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("post_attention_layernorm", "ffn_norm"),
          Map.entry("model.embed_tokens", "token_embd"),
          Map.entry("model.norm", "output_norm"),
          Map.entry("lm_head", "output"));

  private static final String BLOCKS = "model.layers.";

  private final ModelLayout layout;
  private final ModelConfig config;
  private final GgufOptions options;
  private final Map<String, LinearLayer> linears;

  private GgufLayout(ModelLayout layout, GgufOptions options) {
    this.layout = layout;
    this.config = layout.config();
    this.options = options;
    this.linears =
        layout.linears().stream()
            .collect(Collectors.toMap(LinearLayer::weight, Function.identity()));
  }

  /**
   * The tensors of a model, in the order in which it uses them.
   *
   * @throws AwpException naming all layers whose widths do not fit the type's blocks
   */
  static List<GgufTensorPlan> of(ModelLayout layout, GgufOptions options) {
    GgufLayout names = new GgufLayout(layout, options);
    names.checkArchitecture();
    names.checkWidths();
    List<GgufTensorPlan> plans = new ArrayList<>();
    layout.shapes().forEach((name, shape) -> plans.add(names.plan(name, shape)));
    return plans;
  }

  /** The name that llama.cpp has for a model of this kind. */
  static String architecture(ModelLayout layout) {
    return switch (layout.architecture()) {
      case LLAMA, MISTRAL -> "llama";
      case QWEN2 -> "qwen2";
      case QWEN3 -> "qwen3";
      case PHI3, GEMMA2, GEMMA3, GEMMA3_MULTIMODAL, MIXTRAL, QWEN2_MOE, QWEN3_MOE ->
          throw new AwpException(
              "%s: GGUF is not written for architecture %s yet"
                  .formatted(layout.config().file(), layout.config().architecture()));
    };
  }

  /** The scaling of rotary frequencies that GGUF can hold. */
  static Optional<Llama3Scaling> ropeScaling(ModelConfig config) {
    return config
        .ropeScaling()
        .map(
            scaling -> {
              if (scaling instanceof Llama3Scaling llama3) {
                return llama3;
              }
              throw new AwpException(
                  config.file() + ": GGUF is written with rope scaling llama3 only");
            });
  }

  private void checkArchitecture() {
    var _ = architecture(layout);
    var _ = ropeScaling(config);
    if (layout.architecture() == Architecture.QWEN3 && config.attentionBias()) {
      throw new AwpException(config.file() + ": llama.cpp's qwen3 has no attention biases");
    }
  }

  /** Only the MLP's inner width can be padded: zeros in, zeros out, and nothing else sees them. */
  private void checkWidths() {
    int block = options.weights().blockColumns();
    List<String> wrong =
        layout.linears().stream()
            .filter(linear -> !isDown(linear) && linear.columns() % block != 0)
            .map(linear -> linear.name() + " (" + linear.columns() + ")")
            .toList();
    if (!wrong.isEmpty()) {
      throw new AwpException(
          "%s: %s blocks need multiples of %d columns, which these layers do not have and cannot be padded to: %s"
              .formatted(config.file(), options.weights(), block, String.join(", ", wrong)));
    }
    if (config.hiddenSize() % options.embedding().blockColumns() != 0) {
      throw new AwpException(
          "%s: the embedding has %d columns, %s blocks need a multiple of %d"
              .formatted(
                  config.file(),
                  config.hiddenSize(),
                  options.embedding(),
                  options.embedding().blockColumns()));
    }
  }

  private static boolean isDown(LinearLayer linear) {
    return linear.name().endsWith(".mlp.down_proj");
  }

  /** The MLP's inner width in the file. */
  static int paddedInner(ModelConfig config, GgufOptions options) {
    int block = options.weights().blockColumns();
    return Math.ceilDiv(config.intermediateSize(), block) * block;
  }

  private GgufTensorPlan plan(String source, List<Long> shape) {
    boolean vector = shape.size() == 1;
    int rows = vector ? 1 : Math.toIntExact(shape.getFirst());
    int columns = Math.toIntExact(shape.getLast());
    String name = name(source);
    if (!vector && !linears.containsKey(source)) {
      return new GgufTensorPlan(
          source, name, options.embedding(), false, rows, columns, rows, columns, RowOrder.NATURAL);
    }
    boolean inner = name.contains(".ffn_gate.") || name.contains(".ffn_up.");
    int padded = paddedInner(config, options);
    if (vector) {
      int width = inner ? padded : columns;
      return new GgufTensorPlan(
          source, name, GgufType.F32, true, 1, columns, 1, width, order(name));
    }
    int paddedRows = inner ? padded : rows;
    int paddedColumns = isDown(linears.get(source)) ? padded : columns;
    return new GgufTensorPlan(
        source,
        name,
        options.weights(),
        false,
        rows,
        columns,
        paddedRows,
        paddedColumns,
        order(name));
  }

  private RowOrder order(String name) {
    boolean rotated = name.contains(".attn_q.") || name.contains(".attn_k.");
    return rotated && architecture(layout).equals("llama")
        ? new RowOrder(config.headDimension())
        : RowOrder.NATURAL;
  }

  private static String name(String source) {
    String prefix = "";
    String rest = source;
    if (source.startsWith(BLOCKS)) {
      int dot = source.indexOf('.', BLOCKS.length());
      prefix = "blk." + source.substring(BLOCKS.length(), dot) + ".";
      rest = source.substring(dot + 1);
    }
    int end = rest.lastIndexOf('.');
    String part = PARTS.get(rest.substring(0, end));
    if (part == null) {
      throw new AwpException("tensor " + source + " has no name in GGUF");
    }
    return prefix + part + rest.substring(end);
  }
}
