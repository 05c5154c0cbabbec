// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.config.RecurrenceRule;
import java.util.List;
import java.util.stream.StreamSupport;

/** The one sublayer of a block, of models whose blocks have one. */
enum SublayerKind {
  RECURRENCE,
  ATTENTION,
  MLP,
  EXPERTS;

  /** Those of transformers' class, where nothing is said. */
  private static final List<SublayerKind> UNSAID = List.of(RECURRENCE, EXPERTS, ATTENTION, MLP);

  /** Of all blocks, as a list says, or as the letters of a pattern do where there is no list. */
  static List<SublayerKind> ofBlocks(ConfigObject root) {
    String list = RecurrenceRule.SUBLAYERS_KEY;
    String pattern = RecurrenceRule.PATTERN_KEY;
    if (!root.has(list)) {
      return root.has(pattern)
          ? root.text(pattern, "").chars().mapToObj(letter -> of(root, (char) letter)).toList()
          : UNSAID;
    }
    JsonNode names = root.node().path(list);
    if (!names.isArray()) {
      throw root.fail("%s must be a list of names, it is %s".formatted(list, names));
    }
    return StreamSupport.stream(names.spliterator(), false).map(name -> of(root, name)).toList();
  }

  private static SublayerKind of(ConfigObject root, char letter) {
    return switch (letter) {
      case 'M' -> RECURRENCE;
      case '*' -> ATTENTION;
      case '-' -> MLP;
      case 'E' -> EXPERTS;
      default ->
          throw root.fail(
              "%s has the letter '%s', which is none of M, *, - and E"
                  .formatted(RecurrenceRule.PATTERN_KEY, letter));
    };
  }

  /** By the names that transformers has, and those of before. */
  private static SublayerKind of(ConfigObject root, JsonNode name) {
    return switch (name.asText()) {
      case "linear_attention", "mamba", "mamba2" -> RECURRENCE;
      case "full_attention", "attention" -> ATTENTION;
      case "mlp" -> MLP;
      case "moe" -> EXPERTS;
      default ->
          throw root.fail(
              "%s has the name %s, which is not supported"
                  .formatted(RecurrenceRule.SUBLAYERS_KEY, name));
    };
  }
}
