// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

  /** The name, where the split is one that is known here. */
  static Optional<String> name(JsonNode preTokenizer) {
    List<String> steps = new ArrayList<>();
    describe(preTokenizer, steps);
    return Optional.ofNullable(
        switch (String.join(" then ", steps)) {
          case "bytes+regex", "split " + GPT2 + " then bytes" -> "gpt-2";
          case "digits then bytes+regex" -> "smollm";
          case "split " + CONTRACTIONS + NO_LETTER + "\\p{L}+|\\p{N}{1,3}" + REST + " then bytes" ->
              "llama-bpe";
          case "split " + CONTRACTIONS + NO_LETTER + "\\p{L}+|\\p{N}" + REST + " then bytes" ->
              "qwen2";
          case "split "
                  + (NO_LETTER + UPPER + "*" + LOWER + "+|")
                  + (NO_LETTER + UPPER + "+" + LOWER + "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+")
                  + "[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+ then bytes" ->
              "tekken";
          default -> null;
        });
  }

  private static void describe(JsonNode node, List<String> steps) {
    switch (node.path("type").asText("")) {
      case "Sequence" -> node.path("pretokenizers").forEach(step -> describe(step, steps));
      case "ByteLevel" ->
          steps.add(node.path("use_regex").asBoolean(true) ? "bytes+regex" : "bytes");
      case "Digits" ->
          steps.add(node.path("individual_digits").asBoolean(false) ? "digits" : "numbers");
      case "Split" -> {
        boolean isolated = node.path("behavior").asText("").equals("Isolated");
        boolean inverted = node.path("invert").asBoolean(false);
        String pattern = node.path("pattern").path("Regex").asText("");
        steps.add((isolated && !inverted ? "split " : "other split ") + pattern);
      }
      default -> steps.add("other " + node.path("type").asText(""));
    }
  }
}
