// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.awp.gguf.GgufValue;
import dev.awp.json.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What tokenizer_config.json and config.json say of a tokenizer: special tokens, what is put around
 * a text.
 *
 * @param settings tokenizer_config.json
 * @param config config.json
 * @param size rows of the embedding
 */
record GgufTokenizerSettings(Path folder, JsonNode settings, JsonNode config, int size) {
  static final String PREFIX = "tokenizer.ggml.";

  private static final List<String> SPECIAL = List.of("bos", "eos", "unk", "pad");

  /** llama.cpp has other words for some of them. */
  private static final Map<String, String> NAMES = Map.of("unk", "unknown", "pad", "padding");

  static GgufTokenizerSettings of(Path folder, int size) {
    return new GgufTokenizerSettings(
        folder,
        json(folder.resolve("tokenizer_config.json")),
        json(folder.resolve("config.json")),
        size);
  }

  /** A file's content; a missing node where there is no file. */
  static JsonNode json(Path file) {
    return Files.isRegularFile(file) ? JsonFile.read(file) : MissingNode.getInstance();
  }

  /**
   * Ids of special tokens, and whether they are put around a text.
   *
   * @param own ids by the names bos, eos and unk, where neither file names one
   * @param begins whether a text begins with a token, where tokenizer_config.json does not say
   * @param ends whether it ends with one
   */
  Map<String, GgufValue> special(
      GgufTokens tokens, Map<String, Integer> own, boolean begins, boolean ends) {
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    for (String name : SPECIAL) {
      special(name, tokens)
          .or(() -> Optional.ofNullable(own.get(name)))
          .ifPresent(
              id ->
                  keys.put(
                      PREFIX + NAMES.getOrDefault(name, name) + "_token_id", GgufValue.of(id)));
    }
    keys.put(PREFIX + "add_bos_token", GgufValue.of(flag("add_bos_token", begins)));
    keys.put(PREFIX + "add_eos_token", GgufValue.of(flag("add_eos_token", ends)));
    return keys;
  }

  /** By name in tokenizer_config.json, else by number in config.json. */
  private Optional<Integer> special(String name, GgufTokens tokens) {
    JsonNode entry = settings.path(name + "_token");
    String text = entry.isObject() ? entry.path("content").asText("") : entry.asText("");
    if (!text.isEmpty() && !entry.isNull()) {
      return tokens.id(text);
    }
    JsonNode id = config.path(name + "_token_id");
    id = id.isArray() ? id.path(0) : id;
    boolean known = id.isInt() && id.intValue() >= 0 && id.intValue() < size;
    return known ? Optional.of(id.intValue()) : Optional.empty();
  }

  /** A flag of tokenizer_config.json. */
  boolean flag(String key, boolean fallback) {
    return settings.path(key).isBoolean() ? settings.path(key).booleanValue() : fallback;
  }
}
