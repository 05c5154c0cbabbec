// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import dev.awp.text.chat.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Rows with what a user asks and what the model answers in two fields: strings, or lists of
 * messages.
 *
 * @param more fields of which one may add to the request, such as the input of an instruction
 * @param system fields of which one may hold a system prompt
 */
record RequestAndAnswer(String request, List<String> more, String answer, List<String> system)
    implements RowShape {
  @Override
  public String words() {
    return "conversations in \"%s\" and \"%s\"".formatted(request, answer);
  }

  @Override
  public List<String> fields() {
    return Stream.of(List.of(request, answer), more, system).flatMap(List::stream).toList();
  }

  @Override
  public void take(JsonNode row, String place, Reading reading) {
    if (row.path(request).isArray()) {
      List<ChatMessage> messages = new ArrayList<>(TurnList.messages(row.get(request), place));
      messages.addAll(TurnList.messages(row.path(answer), place));
      reading.conversation(new Document.Conversation(messages, place));
      return;
    }
    String asked = string(row, request, place);
    String answered = string(row, answer, place);
    if (asked.isBlank() || answered.isBlank()) {
      reading.drop("without request or answer");
      return;
    }
    List<ChatMessage> messages = new ArrayList<>();
    first(row, system).ifPresent(text -> messages.add(ChatMessage.of("system", text)));
    String whole = first(row, more).map(text -> asked + "\n\n" + text).orElse(asked);
    messages.add(ChatMessage.of("user", whole));
    messages.add(ChatMessage.of("assistant", answered));
    reading.conversation(new Document.Conversation(messages, place));
  }

  private static Optional<String> first(JsonNode row, List<String> names) {
    return names.stream()
        .map(name -> row.path(name).asText(""))
        .filter(text -> !text.isBlank())
        .findFirst();
  }

  private static String string(JsonNode row, String name, String place) {
    JsonNode value = row.path(name);
    if (value.isNull()) {
      return "";
    }
    if (!value.isTextual()) {
      throw new AwpException("%s: there is no string under \"%s\"".formatted(place, name));
    }
    return value.textValue();
  }
}
