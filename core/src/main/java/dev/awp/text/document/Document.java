// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.awp.text.chat.ChatMessage;
import java.util.List;

/** What is tokenized as one: a text, a part of a long text, or a conversation. */
public sealed interface Document {
  /** Characters that it has, about, for a conversation. */
  int length();

  /**
   * A text.
   *
   * @param begins whether it is the first or only part of its document
   */
  record Text(String text, boolean begins) implements Document {
    @Override
    public int length() {
      return text.length();
    }
  }

  /**
   * A conversation, which becomes a text by the model's chat template.
   *
   * @param tools that the model may call, as a list; null in JSON where there are none
   * @param place in its file, for messages
   */
  record Conversation(List<ChatMessage> messages, JsonNode tools, String place)
      implements Document {
    public Conversation {
      messages = List.copyOf(messages);
    }

    /** Without tools. */
    public Conversation(List<ChatMessage> messages, String place) {
      this(messages, NullNode.getInstance(), place);
    }

    @Override
    public int length() {
      return messages.stream().mapToInt(message -> message.content().length()).sum();
    }
  }

  /** Whether a document begins here. */
  default boolean isFirst() {
    return !(this instanceof Text text) || text.begins();
  }
}
