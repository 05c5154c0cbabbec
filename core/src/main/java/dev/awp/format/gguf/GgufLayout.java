// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static java.util.stream.Collectors.toMap;

import dev.awp.config.ModelConfig;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.mix.GgufMix;
import dev.awp.gguf.model.GgufArchitecture;
import dev.awp.gguf.model.GgufForms;
import dev.awp.gguf.model.GgufNames;
import dev.awp.gguf.tensor.GgufTensorPlan;
import dev.awp.gguf.tensor.RowOrder;
import dev.awp.gguf.tensor.TensorForm;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Names, types, padding and row orders of a model's tensors in a GGUF file. */
final class GgufLayout {
  private final ModelLayout layout;
  private final ModelConfig config;
  private final GgufArchitecture architecture;
  private final GgufForms forms;
  private final GgufOptions options;
  private final GgufEnds ends;
  private final Map<String, LinearLayer> linears;
  private final Map<String, BlockType> types;
  private final Map<String, BlockType> plain;

  GgufLayout(ModelPlan plan, GgufOptions options) {
    this.layout = plan.layout();
    this.config = layout.config();
    this.architecture = GgufArchitecture.of(config);
    this.forms = new GgufForms(config);
    this.options = options;
    this.ends = new GgufEnds(plan, options);
    this.linears =
        layout.linears().stream()
            .collect(toMap(LinearLayer::weight, layer -> layer, (a, _) -> a, LinkedHashMap::new));
    Map<String, LayerPlan> plans =
        plan.layers().stream().collect(toMap(layer -> layer.layer().weight(), layer -> layer));
    this.plain =
        layout.tokenProjection().stream()
            .collect(
                toMap(
                    name -> name,
                    name -> options.plain(plan.checkpoint().tensor(name).type().written())));
    this.types = new LinkedHashMap<>();
    for (String weight : linears.keySet()) {
      LayerPlan layer = plans.get(weight);
      types.put(
          weight,
          layer == null
              ? options.plain(plan.checkpoint().tensor(weight).type().written())
              : options.typeOf(layer));
    }
  }

  GgufArchitecture architecture() {
    return architecture;
  }

  /** The names of the tensors. */
  GgufNames names() {
    return forms.names();
  }

  /** All linear layers, in the order of the model. */
  Iterable<LinearLayer> linears() {
    return linears.values();
  }

  /** The type that a linear layer is stored as. */
  BlockType type(LinearLayer linear) {
    return types.get(linear.weight());
  }

  /** The tensor of the file that a linear layer is, or lies in; the first of several. */
  GgufPlace place(LinearLayer linear) {
    return forms.names().place(linear.weight());
  }

  /** Columns of a layer that stay together in the file. */
  int columnsTogether(LinearLayer linear) {
    return forms.columnsTogether(linear.weight(), linear.columns());
  }

  /** The tensors of a model that breaks no rule, in the order in which it uses them. */
  List<GgufTensorPlan> tensors() {
    List<GgufTensorPlan> plans = new ArrayList<>();
    layout.shapes().forEach((name, shape) -> plans.addAll(tensor(name, shape)));
    return plans;
  }

  /** The types of the embedding and the output head. */
  GgufEnds ends() {
    return ends;
  }

  /** The number of the file's type: that of the mixture, or of the type that most weights have. */
  int fileType() {
    return options.mix().map(GgufMix::fileType).orElseGet(() -> commonType().fileType());
  }

  private BlockType commonType() {
    Map<BlockType, Long> weights = new LinkedHashMap<>();
    types.forEach(
        (name, type) ->
            weights.merge(
                type, (long) linears.get(name).rows() * linears.get(name).columns(), Long::sum));
    return weights.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(BlockType.F32);
  }

  /**
   * An inner width in the file, the same for all blocks.
   *
   * @param width in the checkpoint
   * @param ofExperts whether it is that of routed experts
   */
  int padded(int width, boolean ofExperts) {
    int block =
        linears.values().stream()
            .filter(LinearLayer::takesInnerWidth)
            .filter(linear -> linear.site().ofExpert() == ofExperts)
            .mapToInt(linear -> type(linear).blockColumns())
            .max()
            .orElse(1);
    return Math.ceilDiv(width, block) * block;
  }

  private List<GgufTensorPlan> tensor(String source, List<Long> shape) {
    LinearLayer linear = linears.get(source);
    if (linear != null) {
      return forms.parts(source, linear.rows()).stream().map(part -> layer(linear, part)).toList();
    }
    GgufPlace place = forms.names().place(source);
    TensorForm form = forms.form(place.tensor());
    int columns = Math.toIntExact(shape.getLast());
    Optional<BlockType> end = ends.type(source);
    if (!form.shape().isVector(shape)) {
      // Routers and convolutions are never quantized, nor what makes vectors of tokens.
      BlockType type = end.orElseGet(() -> plain.getOrDefault(source, BlockType.F32));
      int rows = Math.toIntExact(shape.getFirst());
      return List.of(
          new GgufTensorPlan(source, place, type, false, rows, columns, rows, columns, form));
    }
    String name = place.tensor();
    boolean inner = name.contains(".ffn_gate.") || name.contains(".ffn_up.");
    boolean ofExperts = name.contains(".ffn_gate_exps.") || name.contains(".ffn_up_exps.");
    int width = inner || ofExperts ? padded(columns, ofExperts) : columns;
    return List.of(
        new GgufTensorPlan(source, place, BlockType.F32, true, 1, columns, 1, width, form));
  }

  private GgufTensorPlan layer(LinearLayer linear, GgufForms.Part part) {
    int columns = linear.columns();
    boolean ofExpert = linear.site().ofExpert();
    TensorForm form = part.form();
    int paddedRows = part.rows();
    if (linear.site().next().filter(site -> site.part().elementwise()).isPresent()) {
      int parts = linear.name().endsWith(".gate_up_proj") ? 2 : 1;
      int own = part.rows() / parts;
      paddedRows = parts * padded(own, ofExpert);
      if (parts > 1) {
        form = form.with(new RowOrder.Parts(own, paddedRows / parts));
      }
    }
    int paddedColumns = linear.takesInnerWidth() ? padded(columns, ofExpert) : columns;
    return new GgufTensorPlan(
        linear.weight(),
        part.place(),
        type(linear),
        false,
        linear.rows(),
        columns,
        paddedRows,
        paddedColumns,
        form);
  }
}
