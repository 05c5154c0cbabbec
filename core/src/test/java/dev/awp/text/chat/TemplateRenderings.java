// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.jinja.value.Value;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Renders templates for scripts/chat-templates: a file of templates, conversations, tokens and a
 * time in, a file of what awp makes of every pair out.
 */
final class TemplateRenderings {
  private TemplateRenderings() {}

  public static void main(String[] arguments) throws Exception {
    JsonMapper json = JsonMapper.builder().build();
    JsonNode work = json.readTree(Path.of(arguments[0]).toFile());
    Map<String, Value> tokens = new HashMap<>();
    work.path("tokens")
        .properties()
        .forEach(token -> tokens.put(token.getKey(), Value.of(token.getValue().textValue())));
    LocalDateTime now = LocalDateTime.parse(work.path("now").textValue());
    ObjectNode results = json.createObjectNode();
    for (Map.Entry<String, JsonNode> template : work.path("templates").properties()) {
      ArrayNode rendered = results.putArray(template.getKey());
      for (JsonNode conversation : work.path("conversations")) {
        ObjectNode result = rendered.addObject();
        try {
          TemplateSource source =
              new TemplateSource(template.getKey(), template.getValue().textValue());
          result.put("text", render(new ChatTemplate(source, tokens, now), conversation));
        } catch (AwpException e) {
          result.put("refusal", e.getMessage());
        }
      }
    }
    json.writeValue(Path.of(arguments[1]).toFile(), results);
  }

  private static String render(ChatTemplate template, JsonNode conversation) {
    List<ChatMessage> messages = new ArrayList<>();
    conversation
        .path("messages")
        .forEach(message -> messages.add(new ChatMessage((ObjectNode) message)));
    return template.render(
        messages,
        conversation.path("tools"),
        conversation.path("add_generation_prompt").booleanValue());
  }
}
