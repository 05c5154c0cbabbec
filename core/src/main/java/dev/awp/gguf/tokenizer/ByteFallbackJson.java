// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.gguf.file.GgufKeys;
import dev.awp.gguf.tokenizer.GgufTokens.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * llama.cpp's tokenizers "llama" and "gemma4", SentencePiece's BPE with byte fallback, as parts of
 * a tokenizer.json. The one joins the pair whose token has the largest score; in tokenizer.json
 * that is a list of merges, the best first, which the files of the other hold.
 */
final class ByteFallbackJson {
  private static final String PREFIX = GgufTokenizerSettings.PREFIX;

  /** What stands for a space in tokens. */
  private static final String SPACE = "\u2581";

  /** Two tokens that make a third of that score. */
  private record Merge(String left, String right, float score, int leftId, int rightId) {}

  private ByteFallbackJson() {}

  static ObjectNode of(GgufKeys keys, FileTokens tokens) {
    boolean listed = keys.text(PREFIX + "model").orElse("").equals(GgufTokenizer.GEMMA4);
    boolean prefix = !listed && keys.flag(PREFIX + "add_space_prefix", true);
    ObjectNode parts = JsonNodeFactory.instance.objectNode();
    ObjectNode normalizer = parts.putObject("normalizer").put("type", "Sequence");
    ArrayNode steps = normalizer.putArray("normalizers");
    if (prefix) {
      steps.addObject().put("type", "Prepend").put("prepend", SPACE);
    }
    replace(steps, " ", SPACE);
    parts.putNull("pre_tokenizer");
    ObjectNode decoder = parts.putObject("decoder").put("type", "Sequence");
    ArrayNode back = decoder.putArray("decoders");
    replace(back, SPACE, " ");
    back.addObject().put("type", "ByteFallback");
    back.addObject().put("type", "Fuse");
    if (prefix) {
      back.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    }
    ObjectNode model = parts.putObject("model").put("type", "BPE");
    model.putNull("dropout");
    int unknown = tokens.kinds().indexOf(Kind.UNKNOWN);
    if (unknown >= 0) {
      model.put("unk_token", tokens.text(unknown));
    } else {
      model.putNull("unk_token");
    }
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
    model.set("vocab", tokens.vocabulary());
    ArrayNode merges = model.putArray("merges");
    if (listed) {
      ByteLevelJson.addMerges(keys, merges);
    } else {
      for (Merge merge : merges(keys, tokens)) {
        merges.addArray().add(merge.left).add(merge.right);
      }
    }
    return parts;
  }

  private static void replace(ArrayNode steps, String from, String to) {
    ObjectNode step = steps.addObject().put("type", "Replace");
    step.putObject("pattern").put("String", from);
    step.put("content", to);
  }

  /** Every way to put a token together of two, by score, then by the tokens' ids. */
  private static List<Merge> merges(GgufKeys keys, FileTokens tokens) {
    float[] scores = keys.numbers(PREFIX + "scores");
    if (scores.length != tokens.size()) {
      throw keys.fail(
          PREFIX + "scores", "has %s items for %s tokens".formatted(scores.length, tokens.size()));
    }
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.kind(id) == Kind.NORMAL) {
        ids.put(tokens.text(id), id);
      }
    }
    List<Merge> merges = new ArrayList<>();
    ids.forEach(
        (text, id) -> {
          for (int at = 1; at < text.length(); at++) {
            Integer left = ids.get(text.substring(0, at));
            Integer right = ids.get(text.substring(at));
            if (left != null && right != null) {
              merges.add(
                  new Merge(text.substring(0, at), text.substring(at), scores[id], left, right));
            }
          }
        });
    merges.sort(
        Comparator.comparingDouble((Merge merge) -> -merge.score)
            .thenComparingInt(Merge::leftId)
            .thenComparingInt(Merge::rightId));
    return merges;
  }
}
