// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.chat;

import dev.awp.AwpException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The chat template of a model: renders a conversation to the characters of transformers. */
public final class ChatTemplate {
  private final TemplateSource source;

  private ChatTemplate(TemplateSource source) {
    this.source = source;
  }

  /**
   * The template named "default" of a model folder; empty where the folder has none.
   *
   * @throws AwpException where a file of templates is not readable, or the template is no template
   */
  public static Optional<ChatTemplate> of(Path folder) {
    return of(folder, TemplateFiles.DEFAULT);
  }

  /** The template of a name, such as "tool_use". */
  public static Optional<ChatTemplate> of(Path folder, String name) {
    return Optional.ofNullable(TemplateFiles.of(folder).templates().get(name))
        .map(ChatTemplate::new);
  }

  /**
   * A conversation as text. It holds the special tokens that the template writes, often the token
   * that begins a text among them: it is tokenized without adding special tokens.
   *
   * @param addGenerationPrompt whether the text ends where the model's answer begins
   * @throws AwpException that names the template's file and line and what is wrong or missing: the
   *     template refuses the messages, or uses what awp does not know
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    throw new AwpException(source.place() + ": chat templates are not rendered yet");
  }
}
