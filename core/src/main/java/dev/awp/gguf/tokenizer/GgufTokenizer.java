// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.tokenizer.GgufTokens.Kind;
import dev.awp.tokenizer.huggingface.TokensBeside;
import dev.awp.tokenizer.huggingface.VocabularyFiles;
import dev.awp.tokenizer.sentencepiece.SentencePieceVocabulary;
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
 * (SentencePiece's, as tokenizer.json holds it, or tokenizer.model), "gemma4" for that with its
 * merges, "gpt2" for byte-level BPE (tokenizer.json, or vocab.json and merges.txt). What other
 * files add to it is written too. Others are refused.
 */
public final class GgufTokenizer {
  private static final String PREFIX = GgufTokenizerSettings.PREFIX;

  /** llama.cpp's name for BPE with byte fallback and merges. */
  static final String GEMMA4 = "gemma4";

  /** A byte-level tokenizer's stand-in for a space. */
  private static final char SPACE = '\u0120';

  /** Tokens that llama.cpp writes out, for whoever parses a conversation. */
  private static final List<String> SHOWN =
      List.of(
          "<|channel>",
          "<channel|>",
          "<|tool_call>",
          "<tool_call|>",
          "<|tool_response>",
          "<tool_response|>",
          "<|\"|>");

  private final Path file;
  private final JsonNode root;
  private final GgufTokenizerSettings settings;
  private final int size;
  private final boolean mayKeepMerges;
  private final List<String> warnings = new ArrayList<>();

  private GgufTokenizer(Path file, JsonNode root, int size, boolean mayKeepMerges) {
    this.file = file;
    this.root = root;
    this.mayKeepMerges = mayKeepMerges;
    if (root instanceof ObjectNode object) {
      warnings.addAll(TokensBeside.add(object, file.resolveSibling(".")));
    }
    this.settings = GgufTokenizerSettings.of(file.resolveSibling("."), size);
    this.size = size;
  }

  /** Metadata, and what whoever reads the log should know. */
  public record Result(Map<String, GgufValue> metadata, List<String> warnings) {}

  /**
   * Reads a folder's tokenizer.
   *
   * @param size rows of the embedding: so many tokens are written
   * @param mayKeepMerges whether BPE with byte fallback that puts nothing before a text is written
   *     with its merges, as llama.cpp has it for Gemma 4
   */
  public static Result of(Path folder, int size, boolean mayKeepMerges) {
    Path json = folder.resolve("tokenizer.json");
    if (Files.isRegularFile(json)) {
      return new GgufTokenizer(json, GgufTokenizerSettings.json(json), size, mayKeepMerges)
          .result(List.of());
    }
    Path vocabulary = folder.resolve(VocabularyFiles.NAME);
    return SentencePieceVocabulary.file(folder)
        .map(file -> GgufSentencePiece.of(file, size))
        .or(
            () ->
                VocabularyFiles.of(folder)
                    .map(
                        files ->
                            new GgufTokenizer(vocabulary, files.root(), size, mayKeepMerges)
                                .result(files.warnings())))
        .orElseThrow(
            () ->
                new AwpException(json + ": the file is missing, a GGUF file holds the tokenizer"));
  }

  private Result result(List<String> assumed) {
    Map<String, GgufValue> metadata = metadata();
    List<String> all = new ArrayList<>(assumed);
    all.addAll(warnings);
    return new Result(metadata, List.copyOf(all));
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
    List<String> merges = merges(model.path("merges"), sentencePiece);
    GgufTokens tokens = tokens(model, sentencePiece, merges);
    boolean gemma4 = sentencePiece && mayKeepMerges && !addsSpacePrefix();
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    if (gemma4) {
      keys.put(PREFIX + "model", GgufValue.of(GEMMA4));
      SHOWN.forEach(tokens::show);
    } else {
      keys.put(PREFIX + "model", GgufValue.of(sentencePiece ? "llama" : "gpt2"));
      keys.put(PREFIX + "pre", GgufValue.of(sentencePiece ? "default" : preTokenizer()));
    }
    keys.putAll(tokens.keys(sentencePiece && !gemma4));
    if (!sentencePiece || gemma4) {
      keys.put(PREFIX + "merges", GgufValue.texts(merges));
    }
    JsonNode steps = root.path("post_processor");
    Map<String, Integer> own = new HashMap<>();
    tokens.id(model.path("unk_token").asText("")).ifPresent(id -> own.put("unk", id));
    begin(steps, tokens).ifPresent(id -> own.put("bos", id));
    keys.putAll(settings.special(tokens, own, adds(steps, true), adds(steps, false)));
    if (sentencePiece) {
      keys.put(PREFIX + "add_space_prefix", GgufValue.of(addsSpacePrefix()));
    }
    if (gemma4
        && !GgufValue.of(true).equals(keys.put(PREFIX + "add_bos_token", GgufValue.of(true)))) {
      warnings.add(file + ": llama.cpp begins every text of such a tokenizer with a token");
    }
    GgufChatTemplates.put(file.toAbsolutePath().getParent(), keys, warnings);
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
  private List<String> merges(JsonNode node, boolean sentencePiece) {
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : node) {
      if (merge.isTextual()) {
        merges.add(merge.textValue());
      } else if (merge.size() == 2 && merge.path(0).isTextual() && merge.path(1).isTextual()) {
        String left = merge.path(0).textValue();
        String right = merge.path(1).textValue();
        merges.add(
            sentencePiece
                ? left + " " + right
                : left.replace(' ', SPACE) + " " + right.replace(' ', SPACE));
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
    tokens.fillGaps().ifPresent(warnings::add);
    return tokens;
  }

  private int id(String text, JsonNode id) {
    if (!id.isInt() || id.intValue() < 0 || id.intValue() >= size) {
      throw new AwpException(
          "%s: token '%s' has the id %s, the embedding has %s rows"
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

  /** The token that a text begins with. */
  private static Optional<Integer> begin(JsonNode processor, GgufTokens tokens) {
    for (JsonNode step : processor.path("processors")) {
      Optional<Integer> found = begin(step, tokens);
      if (found.isPresent()) {
        return found;
      }
    }
    String text = processor.path("single").path(0).path("SpecialToken").path("id").asText("");
    return tokens.id(text);
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
    return settings.flag("add_prefix_space", prepends);
  }

  private static boolean prepends(JsonNode normalizer) {
    for (JsonNode step : normalizer.path("normalizers")) {
      if (prepends(step)) {
        return true;
      }
    }
    return normalizer.path("type").asText("").equals("Prepend");
  }
}
