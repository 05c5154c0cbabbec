// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

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
 * The types of a model's two ends, the embedding and the output head, by their names in the
 * checkpoint: that of its blocks where an end is solved, else what the options or their mixture
 * say.
 */
final class GgufEnds {
  private final Map<String, BlockType> types = new LinkedHashMap<>();
  private final Optional<LayerPlan> solved;

  GgufEnds(ModelPlan plan, GgufOptions options) {
    ModelLayout layout = plan.layout();
    int behind = layout.config().layers();
    this.solved = plan.layers().stream().filter(l -> l.layer().block() == behind).findFirst();
    for (String end : layout.ends()) {
      BlockType type =
          solved
              .filter(layer -> layer.layer().weight().equals(end))
              .map(options::typeOf)
              .or(options::embedding)
              .or(() -> options.mix().map(mix -> new MixedModel(layout.config()).type(mix, end)))
              .orElse(GgufOptions.EMBEDDING_TYPE);
      boolean own = options.embedding().isPresent();
      types.put(end, own ? type : BlockWidths.fitting(type, layout.config().hiddenSize()));
    }
  }

  /** The type of an end; empty for any other tensor. */
  Optional<BlockType> type(String source) {
    return Optional.ofNullable(types.get(source));
  }

  /** Both, or one where the embedding is the output head. */
  Map<String, BlockType> types() {
    return types;
  }
}
