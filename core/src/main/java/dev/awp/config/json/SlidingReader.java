// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Reads which blocks attend through a sliding window, by the rules of transformers' classes. */
final class SlidingReader {
  private final ConfigObject root;
  private final String architecture;
  private final int layers;

  SlidingReader(ConfigObject root, String architecture, int layers) {
    this.root = root;
    this.architecture = architecture;
    this.layers = layers;
  }

  /** The window, where any block has it. */
  OptionalInt window() {
    return blocks().isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(root.integer("sliding_window", Integer.MAX_VALUE));
  }

  /** The blocks that have the window. */
  Set<Integer> blocks() {
    if (!slides()) {
      return Set.of();
    }
    if (root.has("layer_types") && !architecture.startsWith("Mi")) {
      return byType(root.node().path("layer_types"));
    }
    return IntStream.range(0, layers).filter(rule()).boxed().collect(Collectors.toSet());
  }

  private boolean slides() {
    boolean wanted =
        architecture.startsWith("Qwen")
            ? root.flag("use_sliding_window")
            : !architecture.startsWith("Llama");
    return wanted && root.has("sliding_window");
  }

  private Set<Integer> byType(JsonNode types) {
    if (!types.isArray() || types.size() != layers) {
      throw root.fail("layer_types must be a list of num_hidden_layers %d names".formatted(layers));
    }
    Set<Integer> blocks = new HashSet<>();
    for (int block = 0; block < layers; block++) {
      switch (types.path(block).asText()) {
        case "sliding_attention" -> blocks.add(block);
        case "full_attention" -> {}
        default -> throw root.fail("layer type %s is not supported".formatted(types.path(block)));
      }
    }
    return blocks;
  }

  private IntPredicate rule() {
    return switch (architecture) {
      case "Qwen2ForCausalLM", "Qwen3ForCausalLM" -> {
        // 28 is the default of Qwen2Config and Qwen3Config.
        int first = root.node().path("max_window_layers").asInt(28);
        yield block -> block >= first;
      }
      case "Qwen2MoeForCausalLM" ->
          // Versions of transformers disagree on which blocks slide.
          throw root.fail("use_sliding_window without layer_types is not supported");
      case "Gemma2ForCausalLM" -> block -> block % 2 == 0;
      case "Gemma3ForCausalLM", "Gemma3ForConditionalGeneration" -> {
        int pattern = root.integer("sliding_window_pattern", Integer.MAX_VALUE);
        yield block -> (block + 1) % pattern != 0;
      }
      default -> block -> true;
    };
  }
}
