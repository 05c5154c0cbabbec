// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.awp.AwpException;
import dev.awp.jinja.render.JinjaTemplate;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Value;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The chat template of a model: renders a conversation to the characters of transformers. */
public final class ChatTemplate {
  private final TemplateSource source;
  private final JinjaTemplate template;
  private final Map<String, Value> tokens;
  private final LocalDateTime now;

  ChatTemplate(TemplateSource source, Map<String, Value> tokens, LocalDateTime now) {
    this.source = source;
    this.template = JinjaTemplate.of(source.place(), source.text());
    this.tokens = Map.copyOf(tokens);
    this.now = now;
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
        .map(
            source ->
                new ChatTemplate(
                    source, SpecialTokens.of(folder), LocalDateTime.now(ZoneId.systemDefault())));
  }

  /** Whether the template may write today's date: what it renders differs from day to day then. */
  public boolean tellsTime() {
    return source.text().contains("strftime_now");
  }

  /**
   * A conversation as text. It holds the special tokens that the template writes, often the token
   * that begins a text among them: it is tokenized without adding special tokens.
   *
   * <p>As in transformers, fields of a message that are null are left out, and reasoning is found
   * under each of its names. There are no documents.
   *
   * @param addGenerationPrompt whether the text ends where the model's answer begins
   * @throws AwpException that names the template's file and line and what is wrong or missing: the
   *     template refuses the messages, or uses what awp does not know
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    return render(messages, NullNode.getInstance(), addGenerationPrompt);
  }

  /**
   * The same, with the tools that the model may call.
   *
   * @param tools a list of their descriptions; null in JSON where there are none
   */
  public String render(List<ChatMessage> messages, JsonNode tools, boolean addGenerationPrompt) {
    List<Value> seen = new ArrayList<>();
    for (ChatMessage message : messages) {
      seen.add(MessageValues.of(message));
    }
    Map<String, Value> variables = new HashMap<>(tokens);
    variables.put("messages", Seq.list(seen));
    variables.put("tools", MessageValues.of(tools));
    variables.put("documents", Value.None.NONE);
    variables.put("add_generation_prompt", Value.of(addGenerationPrompt));
    return template.render(variables, now);
  }
}
