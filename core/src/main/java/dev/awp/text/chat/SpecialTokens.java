// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.awp.jinja.value.Value;
import dev.awp.json.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The special tokens that templates name (bos_token, eos_token and others), from
 * tokenizer_config.json, else special_tokens_map.json, else what the tokenizer's class has in
 * transformers. A token that is null is none.
 */
final class SpecialTokens {
  /** Defaults of transformers' classes, for files that leave a token out. */
  private static final Map<String, Map<String, String>> OF_CLASSES =
      Map.of(
          "LlamaTokenizer", Map.of("bos_token", "<s>", "eos_token", "</s>", "unk_token", "<unk>"),
          "GemmaTokenizer",
              Map.of(
                  "bos_token", "<bos>",
                  "eos_token", "<eos>",
                  "unk_token", "<unk>",
                  "pad_token", "<pad>"),
          "Qwen2Tokenizer",
              Map.of(
                  "eos_token", "<|endoftext|>",
                  "unk_token", "<|endoftext|>",
                  "pad_token", "<|endoftext|>"),
          "GPT2Tokenizer",
              Map.of(
                  "bos_token", "<|endoftext|>",
                  "eos_token", "<|endoftext|>",
                  "unk_token", "<|endoftext|>"));

  private SpecialTokens() {}

  /** The tokens of a model folder by name. */
  static Map<String, Value> of(Path folder) {
    JsonNode settings = json(folder.resolve("tokenizer_config.json"));
    Map<String, Value> tokens = new HashMap<>();
    String kind = settings.path("tokenizer_class").asText("").replaceAll("Fast$", "");
    OF_CLASSES
        .getOrDefault(kind, Map.of())
        .forEach((name, token) -> tokens.put(name, Value.of(token)));
    for (JsonNode source : List.of(json(folder.resolve("special_tokens_map.json")), settings)) {
      source.properties().stream()
          .filter(entry -> entry.getKey().endsWith("_token"))
          .forEach(entry -> put(tokens, entry.getKey(), entry.getValue()));
    }
    settings
        .path("extra_special_tokens")
        .properties()
        .forEach(entry -> put(tokens, entry.getKey(), entry.getValue()));
    return tokens;
  }

  private static JsonNode json(Path file) {
    return Files.exists(file) ? JsonFile.read(file) : MissingNode.getInstance();
  }

  /** A string, or an object with the string under "content". */
  private static void put(Map<String, Value> tokens, String name, JsonNode token) {
    JsonNode text = token.isObject() ? token.path("content") : token;
    if (text.isTextual()) {
      tokens.put(name, Value.of(text.textValue()));
    } else if (token.isNull()) {
      tokens.remove(name);
    }
  }
}
