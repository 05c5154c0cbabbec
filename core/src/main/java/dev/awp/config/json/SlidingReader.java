// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.config.BlockConfig;
import dev.awp.config.WindowRule;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Reads which blocks attend through a sliding window, by the rule of their architecture. */
final class SlidingReader {
  private final ConfigObject root;
  private final WindowRule rule;
  private final int layers;

  SlidingReader(ConfigObject root, WindowRule rule, int layers) {
    this.root = root;
    this.rule = rule;
    this.layers = layers;
  }

  /** The window of every block, where it has one. */
  List<OptionalInt> ofBlocks() {
    Set<Integer> sliding = root.has("sliding_window") ? blocks(rule) : Set.of();
    OptionalInt window =
        sliding.isEmpty()
            ? OptionalInt.empty()
            : OptionalInt.of(root.integer("sliding_window", Integer.MAX_VALUE));
    return IntStream.range(0, layers)
        .mapToObj(block -> sliding.contains(block) ? window : OptionalInt.empty())
        .toList();
  }

  private Set<Integer> blocks(WindowRule by) {
    return switch (by) {
      case WindowRule.Never _ -> Set.of();
      case WindowRule.All _ -> where(_ -> true);
      case WindowRule.Flagged flagged ->
          root.flag("use_sliding_window") ? blocks(flagged.rule()) : Set.of();
      case WindowRule.Listed listed ->
          root.has(BlockConfig.TYPES_KEY)
              ? byType(root.node().path(BlockConfig.TYPES_KEY))
              : blocks(listed.otherwise());
      case WindowRule.Unlisted _ ->
          throw root.fail(
              "use_sliding_window without %s is not supported".formatted(BlockConfig.TYPES_KEY));
      case WindowRule.From from -> {
        int first = root.node().path(from.key()).asInt(from.fallback());
        yield where(block -> block >= first);
      }
      case WindowRule.AllButEvery(int count) -> where(block -> (block + 1) % count != 0);
      case WindowRule.AllButLast(WindowRule others) -> {
        Set<Integer> named = new HashSet<>(blocks(others));
        named.remove(layers - 1);
        yield named;
      }
      case WindowRule.AllButEveryOf(String key) ->
          blocks(new WindowRule.AllButEvery(root.integer(key, Integer.MAX_VALUE)));
    };
  }

  private Set<Integer> where(IntPredicate chosen) {
    return IntStream.range(0, layers).filter(chosen).boxed().collect(Collectors.toSet());
  }

  private Set<Integer> byType(JsonNode types) {
    if (!types.isArray() || types.size() != layers) {
      throw root.fail(
          "%s must be a list of num_hidden_layers %s names"
              .formatted(BlockConfig.TYPES_KEY, layers));
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
}
