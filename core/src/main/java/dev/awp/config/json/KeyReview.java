// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.config.Architecture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Judges every key of config.json. One that changes what the model computes, in a way that awp does
 * not have for its architecture, is refused. One that nothing is known of, or that the
 * architecture's class in transformers does nothing with, is told, and left out of what is read.
 */
final class KeyReview {
  private static final int NAMED = 12;
  private static final int SHOWN = 40;

  private final ConfigObject object;
  private final Architecture architecture;
  private final List<String> idle = new ArrayList<>();
  private final List<String> unknown = new ArrayList<>();

  /**
   * A review of an object that describes a text model.
   *
   * @param object config.json, or its text_config
   */
  KeyReview(ConfigObject object, Architecture architecture) {
    this.object = object;
    this.architecture = architecture;
  }

  /**
   * What the architecture reads of the object.
   *
   * @throws dev.awp.AwpException by the first key that is refused
   */
  ObjectNode read() {
    ObjectNode read = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> entry : object.node().properties()) {
      String key = entry.getKey();
      if (KnownKeys.isRead(architecture, key)) {
        read.set(key, entry.getValue());
      } else if (!KnownKeys.isHarmless(key)) {
        judge(key, key, entry.getValue());
      }
    }
    return read;
  }

  /** The same for the settings of a rotation, which read some keys by their kind. */
  void rotation(String name, JsonNode settings, List<String> read) {
    for (Map.Entry<String, JsonNode> entry : settings.properties()) {
      if (!read.contains(entry.getKey()) && !KnownKeys.isHarmless(entry.getKey())) {
        judge(entry.getKey(), name + "." + entry.getKey(), entry.getValue());
      }
    }
  }

  /** Refuses what lies around a text_config and would change how the text model is computed. */
  static void around(ConfigObject whole, Architecture architecture) {
    KeyReview review = new KeyReview(whole, architecture);
    for (Map.Entry<String, JsonNode> entry : whole.node().properties()) {
      if (KnownKeys.isPartOfAFunction(entry.getKey())) {
        review.judge(entry.getKey(), entry.getKey(), entry.getValue());
      }
    }
  }

  private void judge(String key, String shown, JsonNode value) {
    if (KnownKeys.isNeutral(key, value)) {
      return;
    }
    if (architecture.idleKeys().contains(key)) {
      idle.add(shown + " " + inShort(value));
    } else if (KnownKeys.isPartOfAFunction(key)) {
      throw object.fail(
          "%s %s is not supported for %s, %s"
              .formatted(shown, inShort(value), architecture.name(), supported(key)));
    } else {
      unknown.add(inShort(shown) + " " + inShort(value));
    }
  }

  private static String supported(String key) {
    List<JsonNode> neutral = KnownKeys.neutral(key);
    return neutral.isEmpty()
        ? "only null is"
        : "only %s is".formatted(neutral.stream().map(JsonNode::toString).findFirst().get());
  }

  /** A sentence for each kind of keys that are left out. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (!idle.isEmpty()) {
      warnings.add(
          "config.json: %s does nothing with %s, in transformers as here"
              .formatted(architecture.name(), named(idle)));
    }
    if (!unknown.isEmpty()) {
      warnings.add(
          "config.json: awp leaves out %s, for it knows no such keys of %s"
              .formatted(named(unknown), architecture.name()));
    }
    return warnings;
  }

  private static String named(List<String> keys) {
    String first = keys.stream().limit(NAMED).collect(Collectors.joining(", "));
    return keys.size() > NAMED ? "%s and %s more".formatted(first, keys.size() - NAMED) : first;
  }

  private static String inShort(JsonNode value) {
    return inShort(value.toString());
  }

  private static String inShort(String words) {
    return words.length() > SHOWN ? words.substring(0, SHOWN) + "..." : words;
  }
}
