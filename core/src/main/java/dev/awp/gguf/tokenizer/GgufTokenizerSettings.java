// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.awp.gguf.GgufValue;
import dev.awp.json.JsonFile;
import dev.awp.tokenizer.added.SettingsFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What tokenizer_config.json and config.json say of a tokenizer: special tokens, what is put around
 * a text.
 *
 * @param files all that speak of tokens
 * @param settings tokenizer_config.json, one of them
 * @param size rows of the embedding
 */
record GgufTokenizerSettings(Path folder, SettingsFiles files, JsonNode settings, int size) {
  static final String PREFIX = "tokenizer.ggml.";

  private static final List<String> SPECIAL = List.of("bos", "eos", "unk", "pad");

  /** llama.cpp has other words for some of them. */
  private static final Map<String, String> NAMES = Map.of("unk", "unknown", "pad", "padding");

  static GgufTokenizerSettings of(Path folder, int size) {
    SettingsFiles files = SettingsFiles.of(folder);
    return new GgufTokenizerSettings(folder, files, files.tokenizerConfig(), size);
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
      Optional<Integer> found = special(name, tokens).or(() -> Optional.ofNullable(own.get(name)));
      if (name.equals("eos")) {
        otherEnds(tokens, found, keys);
      }
      found.ifPresent(
          id -> keys.put(PREFIX + NAMES.getOrDefault(name, name) + "_token_id", GgufValue.of(id)));
    }
    keys.put(PREFIX + "add_bos_token", GgufValue.of(flag("add_bos_token", begins)));
    keys.put(PREFIX + "add_eos_token", GgufValue.of(flag("add_eos_token", ends)));
    return keys;
  }

  /** By name in the tokenizer's settings, else by number in those of generation and the model. */
  private Optional<Integer> special(String name, GgufTokens tokens) {
    Optional<Integer> named = files.text(name).flatMap(tokens::id);
    return named.or(() -> known(name).findFirst());
  }

  private Stream<Integer> known(String name) {
    return files.ids(name).stream().filter(id -> id < size);
  }

  /** Where several tokens end a text, llama.cpp has keys for two more: of a turn, of a message. */
  private void otherEnds(GgufTokens tokens, Optional<Integer> end, Map<String, GgufValue> keys) {
    known("eos")
        .filter(id -> !Optional.of(id).equals(end))
        .forEach(
            id -> {
              String name = tokens.text(id).contains("eom") ? "eom" : "eot";
              keys.putIfAbsent(PREFIX + name + "_token_id", GgufValue.of(id));
            });
  }

  /** A flag of tokenizer_config.json. */
  boolean flag(String key, boolean fallback) {
    return settings.path(key).isBoolean() ? settings.path(key).booleanValue() : fallback;
  }
}
