// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Small tokenizers of the forms that published ones have. Their merges join nearly all neighbours,
 * so that a boundary at another place gives other tokens.
 */
enum TokenizerKind {
  GPT2(SplitPattern.BYTE_LEVEL),
  LLAMA3(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
  QWEN2(LLAMA3.patterns.replace("{1,3}", "")),
  GPT4(
      "'(?i:[sdmt]|ll|ve|re)|"
          + LLAMA3.patterns.substring("(?i:'s|'t|'re|'ve|'m|'ll|'d)|".length())),
  O200K(
      "[^\\r"
          + "\\n"
          + "\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r"
          + "\\n"
          + "\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}|"
          + " ?[^\\s\\p{L}\\p{N}]+[\\r"
          + "\\n"
          + "/]*|\\s*[\\r"
          + "\\n"
          + "]+|\\s+(?!\\S)|\\s+"),
  DEEPSEEK(
      "[\\r\\n]",
      "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba]+",
      "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+",
      "\\s+$",
      "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"),
  DEEPSEEK3(
      "\\p{N}{1,3}",
      "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r"
          + "\\n"
          + "\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r"
          + "\\n"
          + "]*|\\s*[\\r"
          + "\\n"
          + "]+|\\s+(?!\\S)|\\s+"),
  /** Digits, then ByteLevel's own expression, and NFC. */
  SMOLLM,
  /** Spaces become U+2581, one is put in front of a text, and nothing is split. */
  LLAMA2,
  /** The same without the space in front. */
  GEMMA,
  /** Words begin with U+2581. */
  METASPACE,
  /** One that nothing is known of. */
  OTHER("(?:(?:b+)+b)+\\.|[^b]");

  private static final String LETTERS = " \n\r\tabS'12.=\u3002\u4f60\u2581";

  /** A line each. */
  private final String patterns;

  TokenizerKind(String... patterns) {
    this.patterns = String.join("\n", patterns);
  }

  boolean isByteLevel() {
    return this != LLAMA2 && this != GEMMA && this != METASPACE;
  }

  /** What it splits by; none where it does so otherwise. */
  List<String> patterns() {
    return patterns.lines().toList();
  }

  /** The content of tokenizer.json. */
  ObjectNode json() {
    ObjectNode root = new ObjectMapper().createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    addModel(root);
    addToken(root, "<t>", true, false);
    addToken(root, "a b", false, false);
    addToken(root, "Sb", false, true);
    addNormalizer(root);
    addPreTokenizer(root);
    ObjectNode post = root.putObject("post_processor").put("type", "TemplateProcessing");
    for (String template : List.of("single", "pair")) {
      post.putArray(template)
          .addObject()
          .putObject("SpecialToken")
          .put("id", "<t>")
          .put("type_id", 0);
      post.withArray(template).addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    }
    ObjectNode special = post.putObject("special_tokens").putObject("<t>").put("id", "<t>");
    special.putArray("ids").add(root.path("added_tokens").path(0).path("id").intValue());
    special.putArray("tokens").add("<t>");
    root.putNull("decoder");
    return root;
  }

  private static void addToken(ObjectNode root, String text, boolean special, boolean spaces) {
    int id = root.path("model").path("vocab").size() + root.path("added_tokens").size();
    root.withArray("added_tokens")
        .addObject()
        .put("id", id)
        .put("content", text)
        .put("single_word", false)
        .put("lstrip", spaces)
        .put("rstrip", spaces)
        .put("normalized", !special)
        .put("special", special);
  }

  private void addModel(ObjectNode root) {
    ObjectNode model = root.putObject("model").put("type", "BPE").putNull("dropout");
    model.putNull("unk_token").putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", !isByteLevel()).put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    var merges = model.putArray("merges");
    List<String> symbols = new ArrayList<>();
    if (isByteLevel()) {
      IntStream.range(0, 256).forEach(b -> vocabulary.put(byteLevel(b), b));
      LETTERS.chars().filter(c -> c < 128).forEach(c -> symbols.add(byteLevel(c)));
      symbols.add(byteLevel(0xe4)); // the first byte of U+4F60
    } else {
      IntStream.range(0, 256).forEach(b -> vocabulary.put("<0x%02X>".formatted(b), b));
      LETTERS.chars().filter(c -> c != ' ').forEach(c -> symbols.add(Character.toString(c)));
      symbols.forEach(symbol -> vocabulary.put(symbol, vocabulary.size()));
    }
    for (String left : symbols) {
      for (String right : symbols) {
        // In vocabularies of this kind a space begins what it is in, with few exceptions.
        if (!right.equals("\u2581") || left.equals("\u2581") || left.equals("b")) {
          vocabulary.put(left + right, vocabulary.size());
          merges.addArray().add(left).add(right);
        }
      }
    }
  }

  private void addNormalizer(ObjectNode root) {
    root.putNull("normalizer");
    ObjectNode steps = new ObjectMapper().createObjectNode().put("type", "Sequence");
    if (this == SMOLLM || this == QWEN2) {
      root.putObject("normalizer").put("type", "NFC");
    } else if (this == LLAMA2 || this == GEMMA) {
      if (this == LLAMA2) {
        steps.withArray("normalizers").addObject().put("type", "Prepend").put("prepend", "\u2581");
      }
      ObjectNode replace = steps.withArray("normalizers").addObject().put("type", "Replace");
      replace.putObject("pattern").put("String", " ");
      replace.put("content", "\u2581");
      root.set("normalizer", steps);
    }
  }

  private void addPreTokenizer(ObjectNode root) {
    ObjectNode steps = new ObjectMapper().createObjectNode().put("type", "Sequence");
    var list = steps.putArray("pretokenizers");
    for (String pattern : patterns()) {
      ObjectNode split = list.addObject().put("type", "Split");
      split.putObject("pattern").put("Regex", pattern);
      split.put("behavior", "Isolated").put("invert", false);
    }
    if (this == SMOLLM) {
      list.addObject().put("type", "Digits").put("individual_digits", true);
    } else if (this == GEMMA) {
      ObjectNode split = list.addObject().put("type", "Split");
      split.putObject("pattern").put("String", " ");
      split.put("behavior", "MergedWithPrevious").put("invert", false);
    } else if (this == METASPACE) {
      list.addObject()
          .put("type", "Metaspace")
          .put("replacement", "\u2581")
          .put("prepend_scheme", "always")
          .put("split", true);
    }
    if (isByteLevel()) {
      list.addObject()
          .put("type", "ByteLevel")
          .put("add_prefix_space", false)
          .put("trim_offsets", true)
          .put("use_regex", patterns.isEmpty());
    }
    root.putNull("pre_tokenizer");
    if (!list.isEmpty()) {
      root.set("pre_tokenizer", steps);
    }
  }

  /** The printable stand-in of a byte. */
  private static String byteLevel(int value) {
    IntStream others = IntStream.range(0, value).filter(b -> !isPrintable(b));
    return Character.toString(isPrintable(value) ? value : 256 + (int) others.count());
  }

  private static boolean isPrintable(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xa1 && value <= 0xff && value != 0xad);
  }
}
