// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.gguf.file.GgufKeys;
import dev.awp.gguf.tokenizer.GgufTokens.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * The tokens that a GGUF file lists, by their ids.
 *
 * @param texts of all tokens
 * @param kinds of all tokens
 */
record FileTokens(List<String> texts, List<Kind> kinds) {
  FileTokens {
    texts = List.copyOf(texts);
    kinds = List.copyOf(kinds);
  }

  /** Reads them; AwpException where there are none, or the lists do not fit each other. */
  static FileTokens of(GgufKeys keys) {
    String listed = GgufTokenizerSettings.PREFIX + "tokens";
    String typed = GgufTokenizerSettings.PREFIX + "token_type";
    List<String> texts = keys.texts(listed);
    if (texts.isEmpty()) {
      throw keys.fail(listed, "is missing, the file holds no tokenizer");
    }
    List<Kind> kinds = new ArrayList<>();
    for (int type : keys.wholes(typed)) {
      kinds.add(
          Kind.of(type)
              .orElseThrow(() -> keys.fail(typed, "holds %s, types are 1 to 6".formatted(type))));
    }
    if (kinds.isEmpty()) {
      texts.forEach(_ -> kinds.add(Kind.NORMAL));
    }
    if (kinds.size() != texts.size()) {
      throw keys.fail(typed, "has %s items for %s tokens".formatted(kinds.size(), texts.size()));
    }
    return new FileTokens(texts, kinds);
  }

  int size() {
    return texts.size();
  }

  String text(int id) {
    return texts.get(id);
  }

  Kind kind(int id) {
    return kinds.get(id);
  }

  /** Ids by texts, but for those that stand for no text. */
  ObjectNode vocabulary() {
    ObjectNode vocabulary = JsonNodeFactory.instance.objectNode();
    for (int id = 0; id < size(); id++) {
      if (kind(id) != Kind.UNUSED) {
        vocabulary.put(text(id), id);
      }
    }
    return vocabulary;
  }

  /** Tokens that are found in a text as they are, before it is split. */
  ArrayNode added() {
    ArrayNode added = JsonNodeFactory.instance.arrayNode();
    for (int id = 0; id < size(); id++) {
      boolean special = kind(id) == Kind.CONTROL || kind(id) == Kind.UNKNOWN;
      if (special || kind(id) == Kind.USER_DEFINED) {
        ObjectNode token = added.addObject().put("id", id).put("content", text(id));
        token.put("single_word", false).put("lstrip", false).put("rstrip", false);
        token.put("normalized", false).put("special", special);
      }
    }
    return added;
  }
}
