// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.awp.AwpException;
import dev.awp.format.gguf.GgufTokens.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tokenizer of a checkpoint folder as llama.cpp's metadata: "llama" for BPE with byte fallback
 * (SentencePiece's, as tokenizer.json holds it), "gpt2" for byte-level BPE. Others are refused.
 */
final class GgufTokenizer {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String PREFIX = "tokenizer.ggml.";
  private static final List<String> SPECIAL = List.of("bos", "eos", "unk", "pad");

  /** llama.cpp has other words for some of them. */
  private static final Map<String, String> NAMES = Map.of("unk", "unknown", "pad", "padding");

  private final Path file;
  private final JsonNode root;
  private final JsonNode settings;
  private final JsonNode config;
  private final Path folder;
  private final int size;
  private final List<String> warnings = new ArrayList<>();

  private GgufTokenizer(Path folder, int size) {
    this.folder = folder;
    this.file = folder.resolve("tokenizer.json");
    this.root = read(file);
    this.settings = read(folder.resolve("tokenizer_config.json"));
    this.config = read(folder.resolve("config.json"));
    this.size = size;
    if (root.isMissingNode()) {
      throw new AwpException(file + ": the file is missing, a GGUF file holds the tokenizer");
    }
  }

  /** Metadata, and what whoever reads the log should know. */
  record Result(Map<String, GgufValue> metadata, List<String> warnings) {}

  /**
   * Reads a folder's tokenizer.
   *
   * @param size rows of the embedding: so many tokens are written
   */
  static Result of(Path folder, int size) {
    GgufTokenizer tokenizer = new GgufTokenizer(folder, size);
    Map<String, GgufValue> metadata = tokenizer.metadata();
    return new Result(metadata, List.copyOf(tokenizer.warnings));
  }

  private static JsonNode read(Path file) {
    if (!Files.isRegularFile(file)) {
      return MissingNode.getInstance();
    }
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new AwpException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private Map<String, GgufValue> metadata() {
    JsonNode model = root.path("model");
    boolean sentencePiece = model.path("byte_fallback").asBoolean(false);
    if (!model.path("type").asText("").equals("BPE")
        || (!sentencePiece && !contains(root.path("pre_tokenizer"), "ByteLevel"))) {
      throw new AwpException(
          "%s: only BPE with byte fallback and byte-level BPE can be written to GGUF, not %s"
              .formatted(file, model.path("type").asText("what is there")));
    }
    List<String> merges = merges(model.path("merges"));
    GgufTokens tokens = tokens(model, sentencePiece, merges);
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put(PREFIX + "model", GgufValue.of(sentencePiece ? "llama" : "gpt2"));
    keys.put(PREFIX + "pre", GgufValue.of(sentencePiece ? "default" : preTokenizer()));
    keys.put(PREFIX + "tokens", GgufValue.texts(tokens.texts()));
    if (sentencePiece) {
      keys.put(PREFIX + "scores", GgufValue.reals(tokens.scores()));
    }
    keys.put(PREFIX + "token_type", GgufValue.wholes(tokens.types()));
    if (!sentencePiece) {
      keys.put(PREFIX + "merges", GgufValue.texts(merges));
    }
    addSpecial(keys, tokens);
    if (sentencePiece) {
      keys.put(PREFIX + "add_space_prefix", GgufValue.of(addsSpacePrefix()));
    }
    chatTemplate().ifPresent(text -> keys.put("tokenizer.chat_template", GgufValue.of(text)));
    return keys;
  }

  private String preTokenizer() {
    Optional<String> name = PreTokenizer.name(root.path("pre_tokenizer"));
    if (name.isEmpty()) {
      warnings.add(
          file
              + ": the pre-tokenizer is none that awp knows by llama.cpp's names; \"default\" is"
              + " written, and llama.cpp may split text differently");
    }
    if (!root.path("normalizer").isNull()
        && !root.path("normalizer").isMissingNode()
        && !root.path("normalizer").path("type").asText("").equals("NFC")) {
      warnings.add(
          file
              + ": llama.cpp does not apply the normalizer "
              + root.path("normalizer").path("type"));
    }
    return name.orElse("default");
  }

  private static boolean contains(JsonNode node, String type) {
    if (node.path("type").asText("").equals(type)) {
      return true;
    }
    for (JsonNode step : node.path("pretokenizers")) {
      if (contains(step, type)) {
        return true;
      }
    }
    return false;
  }

  /** "left right"; newer files hold pairs, in which a space is written as the byte's stand-in. */
  private List<String> merges(JsonNode node) {
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : node) {
      if (merge.isTextual()) {
        merges.add(merge.textValue());
      } else if (merge.size() == 2 && merge.path(0).isTextual() && merge.path(1).isTextual()) {
        String left = merge.path(0).textValue().replace(' ', '\u0120');
        merges.add(left + " " + merge.path(1).textValue().replace(' ', '\u0120'));
      } else {
        throw new AwpException("%s: the merge %s is no pair of strings".formatted(file, merge));
      }
    }
    return merges;
  }

  private GgufTokens tokens(JsonNode model, boolean sentencePiece, List<String> merges) {
    GgufTokens tokens = new GgufTokens(file, size);
    Map<String, Float> ranks = sentencePiece ? ranks(merges) : Map.of();
    String unknown = model.path("unk_token").asText("");
    model
        .path("vocab")
        .properties()
        .forEach(
            entry -> {
              String text = entry.getKey();
              Kind kind = sentencePiece ? kind(text, unknown) : Kind.NORMAL;
              tokens.put(id(text, entry.getValue()), text, kind, ranks.getOrDefault(text, 0f));
            });
    for (JsonNode added : root.path("added_tokens")) {
      String text = added.path("content").asText("");
      boolean special = added.path("special").asBoolean(false);
      Kind kind = special ? Kind.CONTROL : Kind.USER_DEFINED;
      boolean isUnknown = sentencePiece && text.equals(unknown);
      tokens.put(id(text, added.path("id")), text, isUnknown ? Kind.UNKNOWN : kind, 0);
    }
    tokens.fillGaps();
    return tokens;
  }

  private int id(String text, JsonNode id) {
    if (!id.isInt() || id.intValue() < 0 || id.intValue() >= size) {
      throw new AwpException(
          "%s: token '%s' has the id %s, the embedding has %d rows"
              .formatted(file, text, id, size));
    }
    return id.intValue();
  }

  private static Kind kind(String text, String unknown) {
    if (text.equals(unknown)) {
      return Kind.UNKNOWN;
    }
    return text.matches("<0x[0-9A-Fa-f]{2}>") ? Kind.BYTE : Kind.NORMAL;
  }

  /** llama.cpp merges the pair with the largest score first: minus the rank of the first merge. */
  private static Map<String, Float> ranks(List<String> merges) {
    Map<String, Float> ranks = new HashMap<>();
    for (int i = 0; i < merges.size(); i++) {
      int space = merges.get(i).indexOf(' ');
      String merged = merges.get(i).substring(0, space) + merges.get(i).substring(space + 1);
      ranks.putIfAbsent(merged, (float) -(i + 1));
    }
    return ranks;
  }

  private void addSpecial(Map<String, GgufValue> keys, GgufTokens tokens) {
    for (String name : SPECIAL) {
      special(name, tokens)
          .ifPresent(
              id ->
                  keys.put(
                      PREFIX + NAMES.getOrDefault(name, name) + "_token_id", GgufValue.of(id)));
    }
    JsonNode steps = root.path("post_processor");
    keys.put(PREFIX + "add_bos_token", GgufValue.of(flag("add_bos_token", adds(steps, true))));
    keys.put(PREFIX + "add_eos_token", GgufValue.of(flag("add_eos_token", adds(steps, false))));
  }

  /** By name in tokenizer_config.json, else by number in config.json, else as the model has it. */
  private Optional<Integer> special(String name, GgufTokens tokens) {
    JsonNode entry = settings.path(name + "_token");
    String text = entry.isObject() ? entry.path("content").asText("") : entry.asText("");
    if (!text.isEmpty() && !entry.isNull()) {
      return tokens.id(text);
    }
    JsonNode id = config.path(name + "_token_id");
    id = id.isArray() ? id.path(0) : id;
    if (id.isInt() && id.intValue() >= 0 && id.intValue() < size) {
      return Optional.of(id.intValue());
    }
    return name.equals("unk")
        ? tokens.id(root.path("model").path("unk_token").asText(""))
        : Optional.empty();
  }

  private boolean flag(String key, boolean fallback) {
    return settings.path(key).isBoolean() ? settings.path(key).booleanValue() : fallback;
  }

  /** Whether a text's template begins, or ends, with a special token. */
  private static boolean adds(JsonNode processor, boolean first) {
    for (JsonNode step : processor.path("processors")) {
      if (adds(step, first)) {
        return true;
      }
    }
    JsonNode single = processor.path("single");
    return single.size() > 0 && single.path(first ? 0 : single.size() - 1).has("SpecialToken");
  }

  private boolean addsSpacePrefix() {
    boolean prepends = prepends(root.path("normalizer"));
    JsonNode split = root.path("pre_tokenizer");
    if (split.path("type").asText("").equals("Metaspace")) {
      String scheme = split.path("prepend_scheme").asText("");
      prepends =
          scheme.isEmpty()
              ? split.path("add_prefix_space").asBoolean(true)
              : !scheme.equals("never");
    }
    return flag("add_prefix_space", prepends);
  }

  private static boolean prepends(JsonNode normalizer) {
    for (JsonNode step : normalizer.path("normalizers")) {
      if (prepends(step)) {
        return true;
      }
    }
    return normalizer.path("type").asText("").equals("Prepend");
  }

  private Optional<String> chatTemplate() {
    JsonNode template = settings.path("chat_template");
    if (template.isTextual()) {
      return Optional.of(template.textValue());
    }
    Path own = folder.resolve("chat_template.jinja");
    if (!Files.isRegularFile(own)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(own));
    } catch (IOException e) {
      throw new AwpException(own + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
