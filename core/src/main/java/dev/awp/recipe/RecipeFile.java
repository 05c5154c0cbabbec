// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.AwpException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A recipe as it lies in a YAML file: flags by their names, for all layers, and rules for some of
 * them (docs/recipes.md).
 *
 * @param flags in their order; what they mean the command line knows
 */
public record RecipeFile(Path file, List<Flag> flags, List<LayerRule> rules) {
  /** The key of the rules. */
  public static final String RULES = "layers";

  private static final String MATCH = "match";
  private static final String BLOCKS = "blocks";

  public RecipeFile {
    flags = List.copyOf(flags);
    rules = List.copyOf(rules);
  }

  /**
   * A flag and its values.
   *
   * @param place file, line and key, for messages
   * @param name without dashes before it: "group-size"
   */
  public record Flag(String place, String name, List<String> values) {
    public Flag {
      values = List.copyOf(values);
    }
  }

  /**
   * Reads a recipe.
   *
   * @throws AwpException that names file, line and key, and the rule
   */
  public static RecipeFile read(Path file) {
    return of(file, YamlMap.read(file, "a recipe"), Set.of());
  }

  /**
   * The recipe among the keys of a mapping.
   *
   * @param others keys of the mapping that are no part of the recipe
   * @throws AwpException that names file, line and key, and the rule
   */
  public static RecipeFile of(Path file, YamlMap root, Set<String> others) {
    List<Flag> flags = new ArrayList<>();
    List<LayerRule> rules = new ArrayList<>();
    for (String key : root.keys()) {
      if (others.contains(key)) {
        continue;
      }
      if (key.equals(RULES)) {
        for (Node node : root.list(key)) {
          rules.add(rule(YamlMap.of(file, "a rule", node)));
        }
      } else {
        List<String> values = root.texts(key);
        LayerKey.of(key)
            // The option takes types of single numbers besides.
            .filter(known -> values.size() == 1 && known != LayerKey.GGUF_TYPE)
            .ifPresent(known -> root.check(key, () -> probe(known, values.getFirst())));
        flags.add(new Flag(root.place(key), key, values));
      }
    }
    return new RecipeFile(file, flags, rules);
  }

  private static void probe(LayerKey key, String value) {
    key.apply(LayerSettings.builder(), value);
  }

  private static LayerRule rule(YamlMap map) {
    Map<LayerKey, String> values = new EnumMap<>(LayerKey.class);
    for (String key : map.keys()) {
      if (Set.of(MATCH, BLOCKS).contains(key)) {
        continue;
      }
      LayerKey known =
          LayerKey.of(key)
              .orElseThrow(
                  () ->
                      new AwpException(
                          "%s: a rule has the keys match, blocks, %s"
                              .formatted(
                                  map.place(key),
                                  String.join(
                                      ", ",
                                      java.util.Arrays.stream(LayerKey.values())
                                          .map(LayerKey::word)
                                          .toList()))));
      String value = map.text(key);
      map.check(key, () -> probe(known, value));
      values.put(known, value);
    }
    if (!map.has(MATCH) && !map.has(BLOCKS)) {
      throw new AwpException(map.place() + ": a rule needs match, blocks, or both");
    }
    if (values.isEmpty()) {
      throw new AwpException(map.place() + ": this rule sets nothing");
    }
    List<NamePattern> patterns = new ArrayList<>();
    if (map.has(MATCH)) {
      map.check(MATCH, () -> map.texts(MATCH).stream().map(NamePattern::of).forEach(patterns::add));
    }
    return new LayerRule(map.place(), patterns, blocks(map), values);
  }

  /** "0-3,-1", a list of such, or first: 2 and last: 1. */
  private static Optional<List<BlockRange>> blocks(YamlMap map) {
    if (!map.has(BLOCKS)) {
      return Optional.empty();
    }
    List<BlockRange> ranges = new ArrayList<>();
    Optional<YamlMap> edges = map.map(BLOCKS);
    if (edges.isEmpty()) {
      map.check(
          BLOCKS, () -> map.texts(BLOCKS).forEach(text -> ranges.addAll(BlockRange.parse(text))));
      return Optional.of(ranges);
    }
    for (String key : edges.get().keys()) {
      if (!Set.of("first", "last").contains(key)) {
        throw new AwpException(edges.get().place(key) + ": blocks has the keys first and last");
      }
      edges
          .get()
          .check(
              key,
              () -> ranges.add(BlockRange.edge(key.equals("first"), count(edges.get().text(key)))));
    }
    return Optional.of(ranges);
  }

  private static int count(String text) {
    OptionalInt count =
        text.matches("\\d{1,6}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    return count.orElseThrow(
        () -> new IllegalArgumentException("'" + text + "' is not a number of blocks"));
  }
}
