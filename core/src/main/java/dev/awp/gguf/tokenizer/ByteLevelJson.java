// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.gguf.file.GgufKeys;

/** llama.cpp's tokenizer "gpt2", byte-level BPE, as parts of a tokenizer.json. */
final class ByteLevelJson {
  private static final String PREFIX = GgufTokenizerSettings.PREFIX;

  private ByteLevelJson() {}

  static ObjectNode of(GgufKeys keys, FileTokens tokens) {
    String pre = keys.text(PREFIX + "pre").orElse("default");
    ObjectNode split =
        PreTokenizer.json(pre)
            .orElseThrow(
                () ->
                    keys.fail(
                        PREFIX + "pre",
                        "is '%s', a way of splitting text that awp does not know".formatted(pre)));
    ObjectNode parts = JsonNodeFactory.instance.objectNode();
    // llama.cpp normalizes nothing; Qwen's own tokenizer does.
    parts.set(
        "normalizer",
        PreTokenizer.isQwen(pre) ? parts.objectNode().put("type", "NFC") : parts.nullNode());
    parts.set("pre_tokenizer", split);
    ObjectNode decoder = parts.putObject("decoder").put("type", "ByteLevel");
    decoder.put("add_prefix_space", true).put("trim_offsets", true).put("use_regex", true);
    ObjectNode model = parts.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false);
    model.put("ignore_merges", PreTokenizer.takesWholeWords(pre));
    model.set("vocab", tokens.vocabulary());
    addMerges(keys, model.putArray("merges"));
    return parts;
  }

  /** Adds the merges that a file lists; AwpException where one is no pair. */
  static void addMerges(GgufKeys keys, ArrayNode merges) {
    for (String merge : keys.texts(PREFIX + "merges")) {
      int space = merge.indexOf(' ', 1);
      if (space < 0) {
        throw keys.fail(PREFIX + "merges", "holds '%s', which is no pair".formatted(merge));
      }
      merges.addArray().add(merge.substring(0, space)).add(merge.substring(space + 1));
    }
  }
}
