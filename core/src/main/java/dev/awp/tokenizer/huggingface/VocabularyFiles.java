// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.json.JsonFile;
import dev.awp.tokenizer.added.SettingsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * vocab.json and merges.txt, byte-level BPE as GPT-2 keeps it, as the content of a tokenizer.json.
 *
 * @param root as tokenizer.json would have it
 * @param warnings what is assumed
 */
public record VocabularyFiles(ObjectNode root, List<String> warnings) {
  public static final String NAME = "vocab.json";
  private static final String MERGES = "merges.txt";

  /** What stands for a space in a byte-level vocabulary. */
  private static final String SPACE = "\u0120";

  private static final String QWEN2 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  public VocabularyFiles {
    warnings = List.copyOf(warnings);
  }

  /**
   * Reads the files of a folder; empty where one is missing.
   *
   * @throws AwpException where they are no byte-level BPE
   */
  public static Optional<VocabularyFiles> of(Path folder) {
    Path vocabulary = folder.resolve(NAME);
    Path merges = folder.resolve(MERGES);
    if (!Files.isRegularFile(vocabulary) || !Files.isRegularFile(merges)) {
      return Optional.empty();
    }
    JsonNode tokens = JsonFile.readStrict(vocabulary);
    if (!tokens.path(SPACE).isInt()) {
      throw new AwpException(
          vocabulary
              + ": is no vocabulary of byte-level BPE, which has '"
              + SPACE
              + "' for a space; save the tokenizer with transformers to get a tokenizer.json");
    }
    SettingsFiles files = SettingsFiles.of(folder);
    JsonNode settings = files.tokenizerConfig();
    String kind = settings.path("tokenizer_class").asText("").replaceFirst("Fast$", "");
    List<String> warnings = new ArrayList<>();
    if (!kind.equals("GPT2Tokenizer") && !kind.equals("Qwen2Tokenizer")) {
      warnings.add(
          "%s: there is no tokenizer.json, and tokenizer_class is %s: texts are split as GPT-2 splits them"
              .formatted(NAME, kind.isEmpty() ? "not given" : kind));
    }
    ObjectNode root = JsonNodeFactory.instance.objectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    root.putArray("added_tokens");
    addSplit(root, kind.equals("Qwen2Tokenizer"), settings.path("add_prefix_space").asBoolean());
    root.putNull("post_processor");
    if (settings.path("add_bos_token").asBoolean(false)) {
      files.text("bos").filter(tokens::has).ifPresent(bos -> addFirst(root, bos, tokens.path(bos)));
    }
    root.set("decoder", byteLevel(true, true));
    ObjectNode model = root.putObject("model").put("type", "BPE").putNull("dropout");
    model.putNull("unk_token").putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    model.set("vocab", tokens);
    model.set("merges", merges(merges));
    return Optional.of(new VocabularyFiles(root, warnings));
  }

  private static void addSplit(ObjectNode root, boolean qwen2, boolean prefix) {
    if (!qwen2) {
      root.putNull("normalizer");
      root.set("pre_tokenizer", byteLevel(prefix, true));
      return;
    }
    root.putObject("normalizer").put("type", "NFC");
    ArrayNode steps =
        root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    ObjectNode split = steps.addObject().put("type", "Split");
    split.putObject("pattern").put("Regex", QWEN2);
    split.put("behavior", "Isolated").put("invert", false);
    steps.add(byteLevel(prefix, false));
  }

  private static void addFirst(ObjectNode root, String token, JsonNode id) {
    ObjectNode post = root.putObject("post_processor").put("type", "TemplateProcessing");
    for (String[] parts : new String[][] {{"single", "A"}, {"pair", "A", "B"}}) {
      ArrayNode template = post.putArray(parts[0]);
      template.addObject().putObject("SpecialToken").put("id", token).put("type_id", 0);
      for (String text : List.of(parts).subList(1, parts.length)) {
        template.addObject().putObject("Sequence").put("id", text).put("type_id", 0);
      }
    }
    ObjectNode special = post.putObject("special_tokens").putObject(token).put("id", token);
    special.putArray("ids").add(id);
    special.putArray("tokens").add(token);
  }

  private static ObjectNode byteLevel(boolean prefix, boolean split) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", prefix)
        .put("trim_offsets", true)
        .put("use_regex", split);
  }

  /** Two texts a line; the first line may say the version. */
  private static ArrayNode merges(Path file) {
    ArrayNode merges = JsonNodeFactory.instance.arrayNode();
    try {
      List<String> lines = Files.readAllLines(file);
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i);
        if (line.isEmpty() || (i == 0 && line.startsWith("#version"))) {
          continue;
        }
        String[] parts = line.split(" ", -1);
        if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
          throw new AwpException(
              "%s, line %s: '%s' is not two texts with a space between them"
                  .formatted(file, i + 1, line));
        }
        merges.addArray().add(parts[0]).add(parts[1]);
      }
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
    return merges;
  }
}
