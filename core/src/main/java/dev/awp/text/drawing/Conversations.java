// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import dev.awp.AwpException;
import dev.awp.text.chat.ChatTemplate;
import dev.awp.text.document.Document;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes texts of conversations, special tokens included. */
@FunctionalInterface
public interface Conversations {
  /** Hears what the texts depend on besides the files. */
  Logger LOG = LoggerFactory.getLogger(Conversations.class);

  /**
   * The text of a conversation.
   *
   * @throws AwpException where the model has no chat template, or its template refuses
   */
  String render(Document.Conversation conversation);

  /** By the chat template of a model's folder, which is looked for when the first one comes. */
  static Conversations of(Path model) {
    return new Conversations() {
      private Optional<ChatTemplate> template = Optional.empty();

      @Override
      public String render(Document.Conversation conversation) {
        if (template.isEmpty()) {
          template = ChatTemplate.of(model);
          template
              .filter(ChatTemplate::tellsTime)
              .ifPresent(
                  _ ->
                      LOG.warn(
                          "the chat template of {} may write today's date: another day then gives"
                              + " other tokens",
                          model));
        }
        return template
            .orElseThrow(
                () ->
                    new AwpException(
                        "%s: is a conversation, and %s has no chat template to make a text of it (--text-field names a field to read as it is)"
                            .formatted(conversation.place(), model)))
            .render(conversation.messages(), conversation.tools(), false);
      }
    };
  }
}
