// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One message of a conversation, as templates see it.
 *
 * @param fields role, content and whatever else the message has (tool_calls, reasoning_content), in
 *     their order; content may be a list of parts
 */
public record ChatMessage(ObjectNode fields) {
  public ChatMessage {
    fields = fields.deepCopy();
  }

  /** A message of two fields. */
  public static ChatMessage of(String role, String content) {
    return new ChatMessage(
        JsonNodeFactory.instance.objectNode().put("role", role).put("content", content));
  }

  /** Who speaks; empty where the message does not say it. */
  public String role() {
    return fields.path("role").asText("");
  }

  /** What is said, where it is a string; empty otherwise. */
  public String content() {
    JsonNode content = fields.path("content");
    return content.isTextual() ? content.textValue() : "";
  }
}
