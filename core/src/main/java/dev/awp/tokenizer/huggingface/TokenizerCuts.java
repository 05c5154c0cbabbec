// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.tokenizer.CutRule;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where a tokenizer.json allows texts to be cut: places that its pre-tokenizer, or its vocabulary,
 * makes a boundary in every text (docs/decisions/0022-long-texts.md). Only characters are looked at
 * of which all versions of Unicode say the same, and which no normalizer that is known here joins.
 */
final class TokenizerCuts implements CutRule {
  private static final char SPACE = ' ';
  private static final char ESCAPED_SPACE = '\u2581';

  /** A step of the pre-tokenizer. */
  private interface Step {
    /** Whether it does the same to both parts as to the whole, but for a boundary at the place. */
    boolean separates(char before, char after);

    /** Whether it puts a boundary there. */
    boolean splits(char before, char after);
  }

  private final List<Step> steps = new ArrayList<>();
  private final Set<Integer> inTokens = new HashSet<>();
  private final Set<Integer> inVocabulary = new HashSet<>();
  private final Set<Character> single = new HashSet<>();
  private final Set<Character> tokenBegins = new HashSet<>();
  private final Map<Integer, Cut> known = new ConcurrentHashMap<>();
  private boolean possible = true;
  private boolean prepends;
  private boolean escapesSpaces;
  private boolean normalizes;
  private boolean onlyBeforeSpace;
  private boolean inBytes;
  private boolean merges;

  private TokenizerCuts() {}

  static CutRule of(JsonNode root) {
    TokenizerCuts cuts = new TokenizerCuts();
    cuts.normalizer(root.path("normalizer"));
    cuts.preTokenizer(root.path("pre_tokenizer"));
    cuts.addedTokens(root.path("added_tokens"));
    cuts.model(root.path("model"));
    return cuts.possible ? cuts : CutRule.NOWHERE;
  }

  @Override
  public Cut between(char before, char after, char next) {
    Cut cut = known.computeIfAbsent(pair(before, after), _ -> judge(before, after));
    boolean mayLeaveOut = isPlain(next) && !tokenBegins.contains(next);
    return cut == Cut.INSTEAD && !mayLeaveOut ? Cut.NONE : cut;
  }

  private Cut judge(char before, char after) {
    if (!isStable(before)
        || !isStable(after)
        || Character.isWhitespace(before)
        || inTokens.contains(pair(before, after))
        || (onlyBeforeSpace && after != SPACE)) {
      return Cut.NONE;
    }
    char escaped = escapesSpaces && after == SPACE ? ESCAPED_SPACE : after;
    boolean separates = steps.stream().allMatch(step -> step.separates(before, escaped));
    boolean splits = steps.stream().anyMatch(step -> step.splits(before, escaped));
    if (!separates || !(splits || (merges && neverMerged(before, escaped)))) {
      return Cut.NONE;
    }
    return prepends ? Cut.INSTEAD : Cut.BEFORE;
  }

  private boolean neverMerged(char before, char after) {
    char first = inBytes ? byteLevel(before) : before;
    char second = inBytes ? byteLevel(after) : after;
    return single.contains(first)
        && single.contains(second)
        && !inVocabulary.contains(pair(first, second));
  }

  /** What stands for a character in a byte-level vocabulary, as far as that is one character. */
  private static char byteLevel(char character) {
    return switch (character) {
      case SPACE -> 0x120;
      case '\n' -> 0x10a;
      default -> character <= '~' ? character : 0;
    };
  }

  private boolean isStable(char character) {
    boolean listed =
        isPlain(character)
            || (character >= 0x4E00 && character <= 0x9FA5)
            || character == 0x3001
            || character == 0x3002
            || character == 0xFF0C;
    return listed
        && (!normalizes
            || Normalizer.isNormalized(String.valueOf(character), Normalizer.Form.NFKC));
  }

  /** Line break or printable ASCII. */
  private static boolean isPlain(char character) {
    return character == '\n' || (character >= SPACE && character <= '~');
  }

  private static int pair(char before, char after) {
    return before << 16 | after;
  }

  private void normalizer(JsonNode node) {
    switch (node.path("type").asText("")) {
      case "" -> {}
      case "Sequence" -> node.path("normalizers").forEach(this::normalizer);
      case "NFC", "NFD", "NFKC", "NFKD" -> normalizes = true;
      case "Prepend" -> {
        // What is put in front must be what the space that is left out becomes.
        possible &= !escapesSpaces && !prepends;
        possible &= node.path("prepend").asText("").equals(String.valueOf(ESCAPED_SPACE));
        prepends = true;
        onlyBeforeSpace = true;
      }
      case "Replace" -> {
        possible &= node.path("pattern").path("String").asText("").equals(" ");
        possible &= node.path("content").asText("").equals(String.valueOf(ESCAPED_SPACE));
        escapesSpaces = true;
      }
      default -> possible = false;
    }
  }

  private void preTokenizer(JsonNode node) {
    switch (node.path("type").asText("")) {
      case "" -> {}
      case "Sequence" -> node.path("pretokenizers").forEach(this::preTokenizer);
      case "ByteLevel" -> {
        inBytes = true;
        onlyBeforeSpace |= node.path("add_prefix_space").asBoolean(true);
        if (node.path("use_regex").asBoolean(true)) {
          split(SplitPattern.of(SplitPattern.BYTE_LEVEL));
        }
      }
      case "Digits" ->
          steps.add(
              step(
                  (before, after) ->
                      Character.isDigit(before) != Character.isDigit(after)
                          || (node.path("individual_digits").asBoolean(false)
                              && Character.isDigit(before))));
      case "Metaspace" -> {
        escapesSpaces = true;
        onlyBeforeSpace = true;
        if (node.path("split").asBoolean(true)) {
          steps.add(step((_, after) -> after == ESCAPED_SPACE));
        }
      }
      case "Split" -> split(node);
      default -> possible = false;
    }
  }

  private void split(JsonNode node) {
    String behavior = node.path("behavior").asText("");
    JsonNode regex = node.path("pattern").path("Regex");
    if (regex.isTextual() && (behavior.equals("Isolated") || behavior.equals("Removed"))) {
      split(SplitPattern.of(regex.textValue()));
    } else {
      // The normalizer has left none of them.
      possible &= escapesSpaces && node.path("pattern").path("String").asText("").equals(" ");
    }
  }

  private void split(Optional<SplitPattern> pattern) {
    possible &= pattern.isPresent();
    pattern.ifPresent(
        known ->
            steps.add(
                new Step() {
                  @Override
                  public boolean separates(char before, char after) {
                    return known.separates(before, after);
                  }

                  @Override
                  public boolean splits(char before, char after) {
                    return known.takes(before) || known.takes(after);
                  }
                }));
  }

  private interface Boundary {
    boolean between(char before, char after);
  }

  /** One that looks at each character alone. */
  private static Step step(Boundary boundary) {
    return new Step() {
      @Override
      public boolean separates(char before, char after) {
        return true;
      }

      @Override
      public boolean splits(char before, char after) {
        return boundary.between(before, after);
      }
    };
  }

  /** No place within one, nor within the white space that it takes in. */
  private void addedTokens(JsonNode tokens) {
    for (JsonNode token : tokens) {
      String text = token.path("content").asText("");
      possible &= !text.isEmpty() && !token.path("single_word").asBoolean(false);
      for (String whole : List.of(text, text.replace(ESCAPED_SPACE, SPACE))) {
        addPairs(whole, inTokens);
        if (token.path("rstrip").asBoolean(false)) {
          addPairs(whole + ' ', inTokens);
          addPairs(whole + '\n', inTokens);
        }
      }
      if (!text.isEmpty()) {
        tokenBegins.add(text.charAt(0));
      }
    }
  }

  private static void addPairs(String text, Set<Integer> pairs) {
    for (int i = 1; i < text.length(); i++) {
      pairs.add(pair(text.charAt(i - 1), text.charAt(i)));
    }
  }

  /** BPE does not merge across what no entry has within, where both characters are known. */
  private void model(JsonNode model) {
    boolean bpe = model.path("type").asText("BPE").equals("BPE");
    possible &= model.path("dropout").asDouble(0) == 0;
    possible &= !prepends || escapesSpaces;
    merges =
        bpe
            && possible
            && steps.isEmpty()
            && !model.path("ignore_merges").asBoolean(false)
            && model.path("continuing_subword_prefix").asText("").isEmpty()
            && model.path("end_of_word_suffix").asText("").isEmpty();
    if (merges) {
      for (var entry : model.path("vocab").properties()) {
        String text = entry.getKey();
        if (text.length() == 1) {
          single.add(text.charAt(0));
        }
        addPairs(text, inVocabulary);
      }
    }
  }
}
