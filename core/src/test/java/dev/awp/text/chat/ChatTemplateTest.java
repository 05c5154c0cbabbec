// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatTemplateTest {
  private static final List<ChatMessage> GREETING = List.of(ChatMessage.of("user", "Hi"));
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path folder;

  private void write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private String rendered() {
    return ChatTemplate.of(folder).orElseThrow().render(GREETING, false);
  }

  @Test
  void aFolderWithoutTemplateHasNone() throws IOException {
    assertEquals(Optional.empty(), ChatTemplate.of(folder));
    write("tokenizer_config.json", "{\"chat_template\": null}");
    assertEquals(Optional.empty(), ChatTemplate.of(folder));
  }

  /** In the order in which they count, from the last to the first. */
  @Test
  void theTemplateOfTheFirstPlaceCounts() throws IOException {
    write("chat_template.json", "{\"chat_template\": \"json\"}");
    assertEquals("json", rendered());
    write(
        "tokenizer_config.json",
        """
        {"chat_template": [{"name": "tool_use", "template": "tools"},
                           {"name": "default", "template": "config"}]}
        """);
    assertEquals("config", rendered());
    write("chat_template.jinja", "jinja");
    assertEquals("jinja", rendered());
    write("additional_chat_templates/tool_use.jinja", "{{ messages[0].role }}");
    assertEquals("jinja", rendered());
    assertEquals("user", ChatTemplate.of(folder, "tool_use").orElseThrow().render(GREETING, false));
    assertEquals(3, TemplateFiles.of(folder).warnings().size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"chat_template\": 3}; neither a string nor a list",
        "{\"chat_template\": [{\"name\": \"default\"}]}; lacks the strings name and template",
        "{\"chat_template\": \"{{ messages\"}; line 1: the tag has no end",
        "{\"chat_template\": \"{{ nothing.x }}\"}; line 1: 'nothing' is undefined"
      })
  void whatIsNoTemplateIsRefusedWithItsFile(String settings, String sentence) throws IOException {
    write("tokenizer_config.json", settings);
    String refusal = assertThrows(AwpException.class, this::rendered).getMessage();
    assertTrue(refusal.contains("tokenizer_config.json: chat_template"), refusal);
    assertTrue(refusal.contains(sentence), refusal);
  }

  /** Texts and objects; null is none; classes have defaults for what is left out. */
  @Test
  void specialTokensAreVariables() throws IOException {
    write(
        "chat_template.jinja",
        "{{ bos_token }}|{{ eos_token }}|{{ pad_token is defined }}|{{ unk_token }}|{{ image_token"
            + " }}");
    write(
        "tokenizer_config.json",
        """
        {"tokenizer_class": "LlamaTokenizerFast", "eos_token": {"content": "<end>"},
         "pad_token": null, "add_bos_token": true, "extra_special_tokens": {"image_token": "<i>"}}
        """);
    write("special_tokens_map.json", "{\"pad_token\": \"<pad>\", \"eos_token\": \"<old>\"}");
    assertEquals("<s>|<end>|False|<unk>|<i>", rendered());
    write("tokenizer_config.json", "{}");
    assertEquals("|<old>|True||", rendered());
  }

  @Test
  void messagesKeepTheirFieldsButNotNull() throws IOException {
    write(
        "chat_template.jinja",
        "{% for m in messages %}{{ m|tojson }}\n"
            + "{% endfor %}{{ tools }}{{ documents }}{{ add_generation_prompt }}");
    ObjectNode message =
        (ObjectNode)
            JSON.readTree(
                """
                {"role": "assistant", "content": null, "reasoning": "r",
                 "tool_calls": [{"id": 3, "x": 1.50, "y": [true, null]}]}
                """);
    ChatTemplate template = ChatTemplate.of(folder).orElseThrow();
    assertEquals(
        """
        {"role": "user", "content": "Hi"}
        {"thinking": "r", "role": "assistant", "reasoning": "r", "tool_calls": [{"id": 3, "x": 1.5, "y": [true, null]}], "reasoning_content": "r"}
        NoneNoneTrue\
        """,
        template.render(List.of(GREETING.getFirst(), new ChatMessage(message)), true));
    JsonNode tools = JSON.readTree("[{\"f\": 1}]");
    assertTrue(template.render(GREETING, tools, false).endsWith("[{'f': 1}]NoneFalse"));
    message.put("content", new BigInteger("9".repeat(30)));
    assertTrue(
        assertThrows(
                AwpException.class, () -> template.render(List.of(new ChatMessage(message)), false))
            .getMessage()
            .contains("64 bits"));
  }

  @Test
  void aTemplateSaysWhetherItTellsTheTime() throws IOException {
    write("chat_template.jinja", "{{ strftime_now('%Y')|length }}");
    assertTrue(ChatTemplate.of(folder).orElseThrow().tellsTime());
    assertEquals("4", rendered());
    write("chat_template.jinja", "{{ messages }}");
    assertFalse(ChatTemplate.of(folder).orElseThrow().tellsTime());
  }

  @Test
  void aMessageSaysWhoSpeaks() {
    ChatMessage message = ChatMessage.of("user", "Hi");
    assertEquals("user", message.role());
    assertEquals("Hi", message.content());
    ChatMessage empty = new ChatMessage(JSON.createObjectNode().put("content", 3));
    assertEquals("", empty.role());
    assertEquals("", empty.content());
  }
}
