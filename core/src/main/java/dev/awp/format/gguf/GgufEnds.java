// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static java.util.stream.Collectors.toMap;

import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.block.BlockWidths;
import dev.awp.gguf.mix.MixedModel;
import dev.awp.model.ModelLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The types of a model's two ends, the embedding and the output head, and of its table of vectors
 * for each token where it has one, by their names in the checkpoint: that of its blocks where an
 * end is solved, else what the options or their mixture say.
 */
final class GgufEnds {
  private final Map<String, BlockType> types = new LinkedHashMap<>();
  private final Map<String, Integer> columns = new LinkedHashMap<>();

  GgufEnds(ModelPlan plan, GgufOptions options) {
    ModelLayout layout = plan.layout();
    Map<String, LayerPlan> solved =
        plan.layers().stream()
            .filter(layer -> layout.ends().contains(layer.layer().weight()))
            .collect(toMap(layer -> layer.layer().weight(), layer -> layer));
    Optional<MixedModel> mixed = options.mix().map(_ -> new MixedModel(layout.config()));
    layout.ends().forEach(end -> columns.put(end, layout.config().hiddenSize()));
    layout
        .tokenTable()
        .ifPresent(
            table -> columns.put(table, Math.toIntExact(layout.shapes().get(table).getLast())));
    for (String end : columns.keySet()) {
      BlockType type =
          Optional.ofNullable(solved.get(end))
              .map(options::typeOf)
              .or(options::embedding)
              .or(() -> options.mix().map(mix -> mixed.orElseThrow().type(mix, end)))
              .orElse(GgufOptions.EMBEDDING_TYPE);
      boolean own = options.embedding().isPresent();
      types.put(end, own ? type : BlockWidths.fitting(type, columns.get(end)));
    }
  }

  /** The type of an end; empty for any other tensor. */
  Optional<BlockType> type(String source) {
    return Optional.ofNullable(types.get(source));
  }

  /** Both, or one where the embedding is the output head, and the table. */
  Map<String, BlockType> types() {
    return types;
  }

  /** Columns of one of them. */
  int columns(String source) {
    return columns.get(source);
  }
}
