// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How a byte-level tokenizer splits text before it merges, by llama.cpp's name for it
 * ("tokenizer.ggml.pre"). llama.cpp has the splits built in, so a name that stands for another
 * split than the model's gives other tokens. Its own converter looks the name up by the tokens of a
 * test text; here the split itself is recognised, which does not depend on the vocabulary.
 */
final class PreTokenizer {
  /** Of GPT-2; also what ByteLevel does where it is asked for a regular expression. */
  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|";
  private static final String REST =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final String NO_LETTER = "[^\\r\\n\\p{L}\\p{N}]?";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

  private PreTokenizer() {}

  private static final String BYTES = " then bytes";
  private static final String WORDS = "bytes+regex";
  private static final String DIGITS = "digits";
  private static final String SPLIT = "split ";

  private static final String LLAMA3 = CONTRACTIONS + NO_LETTER + "\\p{L}+|\\p{N}{1,3}" + REST;
  private static final String QWEN2 = CONTRACTIONS + NO_LETTER + "\\p{L}+|\\p{N}" + REST;
  private static final String TEKKEN =
      (NO_LETTER + UPPER + "*" + LOWER + "+|")
          + (NO_LETTER + UPPER + "+" + LOWER + "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+")
          + "[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /**
   * A way of splitting.
   *
   * @param name of llama.cpp
   * @param others names of llama.cpp that mean the same split
   * @param steps as {@link #describe} has them
   * @param whole whether a word that is a token is not made of merges (ignore_merges), and whether
   *     a text begins with a token where the file does not say
   */
  private record Split(String name, Set<String> others, String steps, boolean whole) {}

  private static final List<Split> ALL =
      List.of(
          new Split("gpt-2", Set.of("phi-2", "mpt", "olmo", "jais", "trillion"), WORDS, false),
          new Split(
              "smollm",
              Set.of("starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"),
              DIGITS + " then " + WORDS,
              false),
          new Split(
              "llama-bpe",
              Set.of("llama3", "llama-v3", "falcon3", "falcon-h1", "midm-2.0", "lfm2"),
              SPLIT + LLAMA3 + BYTES,
              true),
          new Split("dbrx", Set.of("smaug-bpe"), SPLIT + LLAMA3 + BYTES, false),
          new Split("qwen2", Set.of("deepseek-r1-qwen", "kormo"), SPLIT + QWEN2 + BYTES, false),
          new Split("tekken", Set.of(), SPLIT + TEKKEN + BYTES, true));

  /** The name, where the split is one that is known here. */
  static Optional<String> name(JsonNode preTokenizer) {
    List<String> steps = new ArrayList<>();
    describe(preTokenizer, steps);
    String described = String.join(" then ", steps).replace(SPLIT + GPT2 + BYTES, WORDS);
    return ALL.stream().filter(split -> split.steps.equals(described)).map(Split::name).findFirst();
  }

  private static Optional<Split> named(String name) {
    return ALL.stream()
        .filter(split -> split.name.equals(name) || split.others.contains(name))
        .findFirst();
  }

  /** Whether words that are tokens are not made of merges, and a text begins with a token. */
  static boolean takesWholeWords(String name) {
    return named(name).filter(Split::whole).isPresent();
  }

  /** Whether it is the split of Qwen's tokenizer, which normalizes a text first. */
  static boolean isQwen(String name) {
    return named(name).filter(split -> split.name.equals("qwen2")).isPresent();
  }

  /** tokenizer.json's pre-tokenizer for a name of llama.cpp, where it is known here. */
  static Optional<ObjectNode> json(String name) {
    return named(name).map(split -> json(split.steps.split(" then ", -1)));
  }

  private static ObjectNode json(String... steps) {
    ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
    for (String step : steps) {
      ObjectNode node = sequence.withArray("pretokenizers").addObject();
      if (step.equals(DIGITS)) {
        node.put("type", "Digits").put("individual_digits", true);
      } else if (step.startsWith(SPLIT)) {
        node.put("type", "Split").put("behavior", "Isolated").put("invert", false);
        node.putObject("pattern").put("Regex", step.substring(SPLIT.length()));
      } else {
        node.put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true);
        node.put("use_regex", step.equals(WORDS));
      }
    }
    return sequence;
  }

  private static void describe(JsonNode node, List<String> steps) {
    switch (node.path("type").asText("")) {
      case "Sequence" -> node.path("pretokenizers").forEach(step -> describe(step, steps));
      case "ByteLevel" -> steps.add(node.path("use_regex").asBoolean(true) ? WORDS : "bytes");
      case "Digits" ->
          steps.add(node.path("individual_digits").asBoolean(false) ? DIGITS : "numbers");
      case "Split" -> {
        boolean isolated = node.path("behavior").asText("").equals("Isolated");
        boolean inverted = node.path("invert").asBoolean(false);
        String pattern = node.path("pattern").path("Regex").asText("");
        steps.add((isolated && !inverted ? SPLIT : "other split ") + pattern);
      }
      default -> steps.add("other " + node.path("type").asText(""));
    }
  }
}
