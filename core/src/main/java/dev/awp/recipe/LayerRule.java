// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.AwpException;
import dev.awp.model.LinearLayer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Settings for some of the layers: those whose names match one of the patterns and whose block is
 * among the blocks; without patterns all names do, without blocks all blocks.
 */
public final class LayerRule {
  private final String place;
  private final List<NamePattern> patterns;
  private final Optional<List<BlockRange>> blocks;
  private final Map<LayerKey, String> values;

  /**
   * A rule.
   *
   * @param place file and line, for messages
   * @param values checked already
   */
  LayerRule(
      String place,
      List<NamePattern> patterns,
      Optional<List<BlockRange>> blocks,
      Map<LayerKey, String> values) {
    this.place = place;
    this.patterns = List.copyOf(patterns);
    this.blocks = blocks.map(List::copyOf);
    this.values = new LinkedHashMap<>(values);
  }

  /** Refuses a pattern or blocks that select nothing: a typing error, or another model's recipe. */
  void check(Collection<LinearLayer> layers, int count) {
    try {
      blocks.ifPresent(ranges -> ranges.forEach(range -> range.check(count)));
      for (NamePattern pattern : patterns) {
        // All of them, so that a pattern that never ends is found here.
        if (layers.stream().filter(layer -> pattern.matches(layer.name())).count() == 0) {
          throw new IllegalArgumentException(
              "the pattern '%s' matches no layer, they are named like %s"
                  .formatted(pattern.text(), layers.iterator().next().name()));
        }
      }
    } catch (IllegalArgumentException e) {
      throw new AwpException(place + ": " + e.getMessage(), e);
    }
    if (layers.stream().noneMatch(layer -> matches(layer, count))) {
      throw new AwpException(place + ": no layer has both such a name and such a block");
    }
  }

  boolean matches(LinearLayer layer, int count) {
    boolean named = patterns.isEmpty() || patterns.stream().anyMatch(p -> p.matches(layer.name()));
    boolean placed =
        blocks.isEmpty()
            || (layer.block() < count
                && blocks.get().stream().anyMatch(range -> range.contains(layer.block(), count)));
    return named && placed;
  }

  LayerSettings apply(LayerSettings settings) {
    LayerSettings.Builder changed = settings.toBuilder();
    values.forEach((key, value) -> key.apply(changed, value));
    return changed.build();
  }

  /** Whether it gives layers blocks of GGUF, which only that format has. */
  public boolean givesBlocks() {
    return values.containsKey(LayerKey.GGUF_TYPE);
  }

  /** For reports: "*.down_proj: bits 8". */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(String.join(" | ", patterns.stream().map(NamePattern::text).toList()));
    blocks.ifPresent(
        ranges ->
            text.append(text.isEmpty() ? "" : ", ")
                .append("blocks ")
                .append(
                    String.join(
                        " | ", ranges.stream().map(r -> r.first() + " to " + r.last()).toList())));
    values.forEach(
        (key, value) ->
            text.append(text.indexOf(": ") < 0 ? ": " : ", ")
                .append(key.word())
                .append(' ')
                .append(value));
    return text.toString();
  }
}
