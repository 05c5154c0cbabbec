// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Messages as the values that a template sees. */
final class MessageValues {
  /** Names of what a model thinks before it answers; transformers gives it under the first. */
  private static final List<String> REASONING =
      List.of("reasoning_content", "thinking", "reasoning");

  private MessageValues() {}

  /** The fields of a message that are not null, and its reasoning under the names of templates. */
  static Value of(ChatMessage message) {
    SequencedMap<Value, Value> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : message.fields().properties()) {
      if (!field.getValue().isNull()) {
        fields.put(Value.of(field.getKey()), of(field.getValue()));
      }
    }
    for (String name : REASONING) {
      Value reasoning = fields.get(Value.of(name));
      if (reasoning != null) {
        if (!fields.containsKey(Value.of("thinking"))) {
          fields.putFirst(Value.of("thinking"), reasoning);
        }
        fields.put(Value.of(REASONING.getFirst()), reasoning);
        break;
      }
    }
    return new Dict(fields);
  }

  /** JSON as a value; AwpException for an integer of more than 64 bits. */
  static Value of(JsonNode node) {
    if (node.isTextual()) {
      return Value.of(node.textValue());
    }
    if (node.isBoolean()) {
      return Value.of(node.booleanValue());
    }
    if (node.isFloatingPointNumber()) {
      return Value.of(node.doubleValue());
    }
    if (node.isNumber()) {
      if (!node.canConvertToLong()) {
        throw new AwpException(
            "the integer %s in a message is out of the range of 64 bits".formatted(node));
      }
      return Value.of(node.longValue());
    }
    if (node.isArray()) {
      List<Value> items = new ArrayList<>();
      node.forEach(item -> items.add(of(item)));
      return Seq.list(items);
    }
    if (node.isObject()) {
      SequencedMap<Value, Value> entries = new LinkedHashMap<>();
      node.properties()
          .forEach(entry -> entries.put(Value.of(entry.getKey()), of(entry.getValue())));
      return new Dict(entries);
    }
    return Value.None.NONE;
  }
}
