// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.tokenizer.added.AddedToken;
import dev.awp.tokenizer.added.AddedTokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts the tokens that stand beside a tokenizer.json into it, in memory. */
public final class TokensBeside {
  private final ObjectNode root;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<Integer, String> texts = new HashMap<>();
  private final List<JsonNode> added = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private TokensBeside(ObjectNode root) {
    this.root = root;
    vocabulary().properties().forEach(entry -> know(entry.getKey(), entry.getValue()));
    JsonNode pieces = vocabulary();
    for (int id = 0; pieces.isArray() && id < pieces.size(); id++) {
      String text = pieces.path(id).path(0).asText("");
      ids.put(text, id);
      texts.put(id, text);
    }
    for (JsonNode token : root.path("added_tokens")) {
      know(token.path("content").asText(""), token.path("id"));
      added.add(token);
    }
  }

  /**
   * Adds to the content of a tokenizer.json what other files of its folder say.
   *
   * @return what was left out, in sentences
   */
  public static List<String> add(ObjectNode root, Path folder) {
    TokensBeside beside = new TokensBeside(root);
    int before = beside.added.size();
    AddedTokens.of(folder).forEach(beside::add);
    AddedTokens.special(folder, beside.ids, id -> beside.texts.getOrDefault(id, ""))
        .forEach(
            (id, text) ->
                beside.list(new AddedToken(id, text, true, false, false, false, false, "")));
    if (beside.added.size() > before) {
      beside.store();
    }
    return beside.warnings;
  }

  private JsonNode vocabulary() {
    return root.path("model").path("vocab");
  }

  private void know(String text, JsonNode id) {
    ids.put(text, id.intValue());
    texts.put(id.intValue(), text);
  }

  private void add(AddedToken token) {
    Integer id = ids.get(token.text());
    String text = texts.get(token.id());
    if (id != null && id != token.id()) {
      warnings.add(
          "%s: token '%s' has the id %s, the tokenizer gives it %s, which is used"
              .formatted(token.from(), token.text(), token.id(), id));
    } else if (text != null && !text.equals(token.text())) {
      warnings.add(
          "%s: token '%s' has the id %s, which is '%s' in the tokenizer: it is left out"
              .formatted(token.from(), token.text(), token.id(), text));
    } else if (id == null && !vocabulary().isObject() && token.id() != texts.size()) {
      warnings.add(
          "%s: token '%s' has the id %s, where the tokenizer has %s tokens: it is left out"
              .formatted(token.from(), token.text(), token.id(), texts.size()));
    } else {
      list(token);
    }
  }

  private void list(AddedToken token) {
    if (added.stream().anyMatch(known -> known.path("id").asInt(-1) == token.id())) {
      return;
    }
    ids.put(token.text(), token.id());
    texts.put(token.id(), token.text());
    added.add(
        root.objectNode()
            .put("id", token.id())
            .put("content", token.text())
            .put("single_word", token.singleWord())
            .put("lstrip", token.leftSpaces())
            .put("rstrip", token.rightSpaces())
            .put("normalized", token.normalized())
            .put("special", token.special()));
  }

  /** The library numbers tokens in their order, unless the vocabulary has them. */
  private void store() {
    added.sort(Comparator.comparingInt(token -> token.path("id").asInt()));
    ArrayNode list = root.putArray("added_tokens");
    for (JsonNode token : added) {
      list.add(token);
      if (vocabulary() instanceof ObjectNode vocabulary) {
        vocabulary.set(token.path("content").asText(), token.path("id"));
      }
    }
  }
}
