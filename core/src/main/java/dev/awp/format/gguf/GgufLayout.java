// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static java.util.stream.Collectors.toMap;

import dev.awp.AwpException;
import dev.awp.checkpoint.Llama3Scaling;
import dev.awp.checkpoint.ModelConfig;
import dev.awp.constraint.IntegerGrid;
import dev.awp.format.BrokenRule;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

  /** llama.cpp's name for models of these architectures, which it computes as awp does. */
  private static final Map<String, String> ARCHITECTURES =
      Map.of(
          "LlamaForCausalLM", "llama",
          "MistralForCausalLM", "llama",
          "Qwen2ForCausalLM", "qwen2",
          "Qwen3ForCausalLM", "qwen3");

  private static final String BLOCKS = "model.layers.";

  private final ModelLayout layout;
  private final ModelConfig config;
  private final GgufOptions options;
  private final Map<String, LinearLayer> linears;
  private final Map<String, GgufType> types;

  GgufLayout(ModelPlan plan, GgufOptions options) {
    this.layout = plan.layout();
    this.config = layout.config();
    this.options = options;
    this.linears = layout.linears().stream().collect(toMap(LinearLayer::weight, layer -> layer));
    Map<String, LayerPlan> plans =
        plan.layers().stream().collect(toMap(layer -> layer.layer().weight(), layer -> layer));
    this.types = new LinkedHashMap<>();
    for (String weight : linears.keySet()) {
      LayerPlan layer = plans.get(weight);
      types.put(
          weight,
          layer == null
              ? options.plain(plan.checkpoint().tensor(weight).dtype())
              : options.typeOf(layer));
    }
  }

  /** The tensors of a model that breaks no rule, in the order in which it uses them. */
  List<GgufTensorPlan> tensors() {
    List<GgufTensorPlan> plans = new ArrayList<>();
    layout.shapes().forEach((name, shape) -> plans.add(tensor(name, shape)));
    return plans;
  }

  /** The name that llama.cpp has for a model of this kind. */
  String architecture() {
    return ARCHITECTURES.get(config.architecture());
  }

  /** The type that most of the weights have. */
  GgufType commonType() {
    Map<GgufType, Long> weights = new LinkedHashMap<>();
    types.forEach(
        (name, type) ->
            weights.merge(
                type, (long) linears.get(name).rows() * linears.get(name).columns(), Long::sum));
    return weights.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(GgufType.F32);
  }

  /** Why llama.cpp could not load the model. */
  static List<BrokenRule> brokenRules(ModelPlan plan, GgufOptions options) {
    ModelConfig config = plan.layout().config();
    String architecture = ARCHITECTURES.get(config.architecture());
    if (architecture == null) {
      return List.of(
          new BrokenRule(
              "models of the architecture %s are not written to GGUF yet"
                  .formatted(config.architecture()),
              List.of()));
    }
    List<BrokenRule> broken = new ArrayList<>();
    if (!ropeScalingFits(config)) {
      broken.add(new BrokenRule("GGUF is written with rope scaling llama3 only", List.of()));
    }
    boolean outputBias = config.attentionBias() || config.mlpBias();
    if (switch (architecture) {
      case "qwen2" -> outputBias;
      case "qwen3" -> outputBias || config.queryKeyValueBias();
      default -> false;
    }) {
      broken.add(new BrokenRule("llama.cpp's " + architecture + " has no such biases", List.of()));
    }
    List<String> integers =
        plan.layers().stream()
            .filter(layer -> layer.constraint().grid().orElse(null) instanceof IntegerGrid)
            .map(layer -> layer.layer().name())
            .toList();
    if (!integers.isEmpty()) {
      broken.add(
          new BrokenRule(
              "GGUF's blocks have grids of their own: say --gguf-type Q4_0 or another type instead"
                  + " of --bits",
              integers));
    }
    broken.addAll(new GgufLayout(plan, options).brokenWidths());
    return broken;
  }

  private static boolean ropeScalingFits(ModelConfig config) {
    return config.ropeScaling().isEmpty() || config.ropeScaling().get() instanceof Llama3Scaling;
  }

  /** Only the MLP's inner width can be padded: zeros in, zeros out, and nothing else sees them. */
  private List<BrokenRule> brokenWidths() {
    Map<GgufType, List<String>> wrong = new LinkedHashMap<>();
    for (LinearLayer linear : layout.linears()) {
      GgufType type = types.get(linear.weight());
      if (!isDown(linear) && linear.columns() % type.blockColumns() != 0) {
        wrong
            .computeIfAbsent(type, _ -> new ArrayList<>())
            .add(linear.name() + " (" + linear.columns() + ")");
      }
    }
    List<BrokenRule> broken = new ArrayList<>();
    wrong.forEach(
        (type, names) ->
            broken.add(
                new BrokenRule(
                    "%s blocks need columns in multiples of %d, and these widths cannot be padded"
                        .formatted(type, type.blockColumns()),
                    names)));
    GgufType embedding = options.embedding();
    if (config.hiddenSize() % embedding.blockColumns() != 0) {
      broken.add(
          new BrokenRule(
              "%s blocks need columns in multiples of %d, the embedding has %d"
                  .formatted(embedding, embedding.blockColumns(), config.hiddenSize()),
              List.of()));
    }
    return broken;
  }

  private static boolean isDown(LinearLayer linear) {
    return linear.name().endsWith(".mlp.down_proj");
  }

  /** The MLP's inner width in the file, one for all blocks. */
  int paddedInner() {
    int block =
        linears.values().stream()
            .filter(GgufLayout::isDown)
            .mapToInt(linear -> types.get(linear.weight()).blockColumns())
            .max()
            .orElse(1);
    return Math.ceilDiv(config.intermediateSize(), block) * block;
  }

  private GgufTensorPlan tensor(String source, List<Long> shape) {
    boolean vector = shape.size() == 1;
    int rows = vector ? 1 : Math.toIntExact(shape.getFirst());
    int columns = Math.toIntExact(shape.getLast());
    String name = name(source);
    boolean inner = name.contains(".ffn_gate.") || name.contains(".ffn_up.");
    if (vector) {
      int width = inner ? paddedInner() : columns;
      return new GgufTensorPlan(
          source, name, GgufType.F32, true, 1, columns, 1, width, order(name));
    }
    LinearLayer linear = linears.get(source);
    if (linear == null) {
      return new GgufTensorPlan(
          source, name, options.embedding(), false, rows, columns, rows, columns, RowOrder.NATURAL);
    }
    return new GgufTensorPlan(
        source,
        name,
        types.get(source),
        false,
        rows,
        columns,
        inner ? paddedInner() : rows,
        isDown(linear) ? paddedInner() : columns,
        order(name));
  }

  private RowOrder order(String name) {
    boolean rotated = name.contains(".attn_q.") || name.contains(".attn_k.");
    return rotated && architecture().equals("llama")
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
    String part = rest.substring(0, end);
    return prefix
        + Optional.ofNullable(PARTS.get(part))
            .orElseThrow(() -> new AwpException("tensor " + source + " has no name in GGUF"))
        + rest.substring(end);
  }
}
