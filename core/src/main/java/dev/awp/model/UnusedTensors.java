// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.config.TensorNames;
import dev.awp.stored.StoredTensor;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Tensors in a checkpoint's decoder blocks that the forward pass does not use, such as biases that
 * config.json knows nothing of: whoever trained the model may have used them.
 */
public final class UnusedTensors {
  /** Kinds that are named. */
  private static final int NAMED = 12;

  /** A table that older versions of transformers saved, and every version makes anew. */
  private static final String ROTATION = "rotary_emb.inv_freq";

  private UnusedTensors() {}

  /** One sentence that names them by kinds; empty where there are none. */
  public static Optional<String> warning(Checkpoint checkpoint, ModelLayout layout) {
    Set<String> used = layout.shapes().keySet();
    TensorNames names = layout.config().names();
    String blocks = names.decoder() + "layers.";
    Map<String, Integer> kinds = new TreeMap<>();
    for (StoredTensor tensor : checkpoint.tensors()) {
      String name = tensor.name();
      if (name.startsWith(blocks) && !used.contains(name) && !name.endsWith(ROTATION)) {
        kinds.merge(
            kind(name.substring(blocks.length()), layout.config().layers()), 1, Integer::sum);
      }
    }
    if (kinds.isEmpty()) {
      return Optional.empty();
    }
    String told =
        kinds.entrySet().stream()
            .limit(NAMED)
            .map(kind -> "%s (%s)".formatted(kind.getKey(), kind.getValue()))
            .collect(Collectors.joining(", "));
    String more = kinds.size() > NAMED ? " and %s more kinds".formatted(kinds.size() - NAMED) : "";
    int count = kinds.values().stream().mapToInt(Integer::intValue).sum();
    return Optional.of(
        "%s tensors of decoder blocks are no part of %s as config.json describes it, and take no part in what is computed: %s%s; outputs in safetensors have copies of them, GGUF files do not"
            .formatted(count, layout.architecture().name(), told, more));
  }

  /** The name behind the block's number, with a star for that of an expert. */
  private static String kind(String name, int layers) {
    int dot = name.indexOf('.');
    String block = name.substring(0, Math.max(0, dot));
    boolean beyond = !block.matches("\\d{1,9}") || Integer.parseInt(block) >= layers;
    return beyond
        ? "all of block " + (dot < 0 ? name : block)
        : name.substring(dot + 1).replaceAll("\\.\\d+\\.", ".*.");
  }
}
