// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A JSON document with some of its values exchanged: for others of its own, for the extremes of
 * every type, or for nothing. What is no JSON any more is changed by bytes, and sometimes what is.
 */
final class JsonMutation implements Mutation {
  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> VALUES =
      List.of(
          "0",
          "1",
          "-1",
          "2",
          "3",
          "7",
          "16",
          "255",
          "1000",
          "65536",
          "1048576",
          "16777216",
          "2147483647",
          "2147483648",
          "-2147483648",
          "4611686018427387904",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "1e9",
          "1.5",
          "1e-320",
          "1e308",
          "1e400",
          "123456789012345678901234567890123456789012345678901234567890",
          "null",
          "true",
          "false",
          "\"\"",
          "\"1\"",
          "\"a\\u0000b\"",
          "\"\\ud800\"",
          "[]",
          "{}",
          "[[[[[[[[[[1]]]]]]]]]]",
          "[0,0]",
          "[1,2,3]",
          "{\"\":null}");

  private final List<JsonNode> values = new ArrayList<>();
  private final ByteMutation bytes;

  /**
   * @param words of the format, which become strings and keys
   */
  JsonMutation(List<String> words) {
    this.bytes = new ByteMutation(words);
    try {
      for (String value : VALUES) {
        values.add(JSON.readTree(value));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    words.forEach(word -> values.add(TextNode.valueOf(word)));
    values.add(TextNode.valueOf("x".repeat(2000)));
  }

  @Override
  public byte[] apply(byte[] input, SplittableRandom random) {
    if (random.nextInt(5) == 0) {
      return bytes.apply(input, random);
    }
    try {
      JsonNode root = JSON.readTree(input);
      List<JsonNode> inner = new ArrayList<>();
      collect(root, inner);
      if (inner.isEmpty()) {
        return bytes.apply(input, random);
      }
      int changes = 1 + random.nextInt(3);
      for (int i = 0; i < changes; i++) {
        change(inner.get(random.nextInt(inner.size())), inner, random);
      }
      return JSON.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      return bytes.apply(input, random);
    }
  }

  private static void collect(JsonNode node, List<JsonNode> inner) {
    if (node.isContainerNode() && !node.isEmpty()) {
      inner.add(node);
      node.forEach(child -> collect(child, inner));
    }
  }

  private void change(JsonNode parent, List<JsonNode> inner, SplittableRandom random) {
    if (parent.isEmpty()) {
      return;
    }
    int at = random.nextInt(parent.size());
    JsonNode value = value(inner, random);
    switch (parent) {
      case ArrayNode array -> {
        switch (random.nextInt(4)) {
          case 0 -> array.remove(at);
          case 1 -> array.insert(at, value);
          default -> array.set(at, value);
        }
      }
      case ObjectNode object -> {
        String key = object.properties().stream().skip(at).findFirst().orElseThrow().getKey();
        switch (random.nextInt(6)) {
          case 0 -> object.remove(key);
          case 1 -> object.set(value.asText("key"), object.get(key));
          default -> object.set(key, value);
        }
      }
      default -> {}
    }
  }

  /** Another value of the document without its inner ones, or one of the extremes. */
  private JsonNode value(List<JsonNode> inner, SplittableRandom random) {
    JsonNode some = inner.get(random.nextInt(inner.size()));
    if (random.nextInt(3) == 0 && !some.isEmpty()) {
      JsonNode child = some.valueStream().skip(random.nextInt(some.size())).findFirst().get();
      if (child.isValueNode()) {
        return child;
      }
    }
    return values.get(random.nextInt(values.size()));
  }
}
