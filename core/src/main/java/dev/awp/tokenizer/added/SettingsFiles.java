// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.added;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.awp.json.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The files of a folder that say something of its tokens; missing nodes where there is none. */
public record SettingsFiles(
    JsonNode tokenizerConfig,
    JsonNode specialTokensMap,
    JsonNode addedTokens,
    JsonNode generationConfig,
    JsonNode config) {
  static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  static final String ADDED_TOKENS = "added_tokens.json";

  public static SettingsFiles of(Path folder) {
    return new SettingsFiles(
        json(folder.resolve(TOKENIZER_CONFIG)),
        json(folder.resolve("special_tokens_map.json")),
        json(folder.resolve(ADDED_TOKENS)),
        json(folder.resolve("generation_config.json")),
        json(folder.resolve("config.json")));
  }

  private static JsonNode json(Path file) {
    return Files.isRegularFile(file) ? JsonFile.read(file) : MissingNode.getInstance();
  }

  /**
   * The text of a special token, such as "eos".
   *
   * @param name without the ending of its key, "_token"
   */
  public Optional<String> text(String name) {
    return List.of(tokenizerConfig, specialTokensMap).stream()
        .map(node -> text(node.path(name + "_token")))
        .filter(text -> !text.isEmpty())
        .findFirst();
  }

  /** A text, or an object with the text as its content. */
  private static String text(JsonNode token) {
    JsonNode text = token.isObject() ? token.path("content") : token;
    return text.isTextual() ? text.textValue() : "";
  }

  /**
   * The ids of a special token, the decisive file's first: one, or several that end a text.
   *
   * @param name without the ending of its key, "_token_id"
   */
  public Set<Integer> ids(String name) {
    Set<Integer> ids = new LinkedHashSet<>();
    String key = name + "_token_id";
    for (JsonNode file :
        List.of(
            generationConfig.path(key), config.path(key), config.path("text_config").path(key))) {
      for (JsonNode id : file.isArray() ? file : List.of(file)) {
        if (id.isInt() && id.intValue() >= 0) {
          ids.add(id.intValue());
        }
      }
    }
    return ids;
  }

  /** The texts of all tokens that these files call special. */
  public Set<String> special() {
    Set<String> texts = new LinkedHashSet<>();
    for (JsonNode file : List.of(tokenizerConfig, specialTokensMap)) {
      for (Map.Entry<String, JsonNode> entry : file.properties()) {
        if (entry.getKey().endsWith("_token")) {
          texts.add(text(entry.getValue()));
        }
      }
      for (String list : List.of("additional_special_tokens", "extra_special_tokens")) {
        // A list, or an object of names and tokens.
        file.path(list).forEach(token -> texts.add(text(token)));
      }
    }
    texts.remove("");
    return texts;
  }
}
