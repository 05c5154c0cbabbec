// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.text.chat.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Rows with a list of turns in a field: objects with role and content, or from and value. A system
 * prompt and tools may stand beside the list.
 */
public record TurnList(String name) implements RowShape {
  private static final String SYSTEM = "system";
  private static final String TOOLS = "tools";
  private static final JsonMapper JSON = new JsonMapper();

  /** What others call the roles that chat templates know. */
  private static final Map<String, String> ROLES =
      Map.of("human", "user", "gpt", "assistant", "bot", "assistant", "chatbot", "assistant");

  @Override
  public String words() {
    return "conversations in \"%s\"".formatted(name);
  }

  @Override
  public List<String> fields() {
    return List.of(name, SYSTEM, TOOLS);
  }

  @Override
  public void take(JsonNode row, String place, Reading reading) {
    JsonNode list = row.path(name);
    if (list.isNull() || (list.isArray() && list.isEmpty())) {
      reading.drop("empty");
      return;
    }
    List<ChatMessage> messages = new ArrayList<>();
    String system = row.path(SYSTEM).asText("");
    if (!system.isBlank()) {
      messages.add(ChatMessage.of(SYSTEM, system));
    }
    messages.addAll(messages(list, "%s, \"%s\"".formatted(place, name)));
    reading.conversation(new Document.Conversation(messages, tools(row, place), place));
  }

  /** A list, or a list as a string of JSON, as data sets keep lists of many kinds of values. */
  private static JsonNode tools(JsonNode row, String place) {
    JsonNode tools = row.path(TOOLS);
    try {
      JsonNode list =
          tools.isTextual() && !tools.textValue().isBlank()
              ? JSON.readTree(tools.textValue())
              : tools;
      return list.isArray() && !list.isEmpty() ? list : NullNode.getInstance();
    } catch (JsonProcessingException e) {
      throw new AwpException(
          "%s: \"%s\" is not valid JSON: %s".formatted(place, TOOLS, e.getOriginalMessage()), e);
    }
  }

  /** Whether a value is one turn. */
  public static boolean isTurn(JsonNode value) {
    return value.path("role").isTextual()
        ? value.has("content") || value.has("tool_calls")
        : value.path("from").isTextual() && value.has("value");
  }

  /** The messages of a list of turns. */
  static List<ChatMessage> messages(JsonNode list, String place) {
    if (!list.isArray()) {
      throw new AwpException(place + ": there is no list of turns");
    }
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode turn : list) {
      if (!isTurn(turn)) {
        throw new AwpException(
            "%s: turn %s has neither role and content nor from and value"
                .formatted(place, messages.size() + 1));
      }
      messages.add(new ChatMessage(fields((ObjectNode) turn)));
    }
    return messages;
  }

  /** All fields of a turn, under the names that templates know. */
  private static ObjectNode fields(ObjectNode turn) {
    boolean named = turn.path("role").isTextual();
    String role = turn.path(named ? "role" : "from").textValue();
    ObjectNode fields = turn.objectNode();
    fields.put("role", ROLES.getOrDefault(role, role));
    turn.properties()
        .forEach(
            field -> {
              if (!named && field.getKey().equals("value")) {
                fields.set("content", field.getValue());
              } else if (!field.getKey().equals(named ? "role" : "from")) {
                fields.set(field.getKey(), field.getValue());
              }
            });
    return fields;
  }
}
