// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.added;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The tokens that a folder's files add to its tokenizer, by id. */
public final class AddedTokens {
  /** What no writer of a text would mean as text: a name in brackets. */
  private static final Pattern MARKER = Pattern.compile("<\\S*[^<>\\s]\\S*>|\\[[A-Z_0-9]+\\]");

  private AddedTokens() {}

  /**
   * What added_tokens_decoder in tokenizer_config.json lists, and added_tokens.json.
   *
   * @throws AwpException for an id that is no number, or a token that is no text, with the file
   */
  public static Collection<AddedToken> of(Path folder) {
    SettingsFiles files = SettingsFiles.of(folder);
    Map<String, AddedToken> tokens = new LinkedHashMap<>();
    for (var entry : files.tokenizerConfig().path("added_tokens_decoder").properties()) {
      Path file = folder.resolve(SettingsFiles.TOKENIZER_CONFIG);
      JsonNode token = entry.getValue();
      String text = token.isTextual() ? token.textValue() : token.path("content").asText("");
      boolean special = token.path("special").asBoolean(false);
      AddedToken added =
          new AddedToken(
              id(file, text, entry.getKey()),
              text,
              special,
              token.path("lstrip").asBoolean(false),
              token.path("rstrip").asBoolean(false),
              token.path("single_word").asBoolean(false),
              token.path("normalized").asBoolean(!special),
              SettingsFiles.TOKENIZER_CONFIG);
      tokens.put(text, added);
    }
    Set<String> special = files.special();
    for (var entry : files.addedTokens().properties()) {
      Path file = folder.resolve(SettingsFiles.ADDED_TOKENS);
      String text = entry.getKey();
      boolean isSpecial = special.contains(text);
      int id = id(file, text, entry.getValue().asText());
      tokens.putIfAbsent(
          text,
          new AddedToken(
              id, text, isSpecial, false, false, false, !isSpecial, SettingsFiles.ADDED_TOKENS));
    }
    TreeMap<Integer, AddedToken> byId = new TreeMap<>();
    for (AddedToken token : tokens.values()) {
      AddedToken before = byId.putIfAbsent(token.id(), token);
      if (before != null) {
        throw new AwpException(
            "%s: token '%s' has the id %s, which '%s' has in %s"
                .formatted(
                    folder.resolve(token.from()),
                    token.text(),
                    token.id(),
                    before.text(),
                    before.from()));
      }
    }
    return List.copyOf(byId.values());
  }

  private static int id(Path file, String text, String id) {
    if (text.isEmpty() || !id.matches("[0-9]{1,9}")) {
      throw new AwpException(
          "%s: the added token '%s' has the id %s: a token is a text with a whole number"
              .formatted(file, text, id));
    }
    return Integer.parseInt(id);
  }

  /**
   * Tokens of the vocabulary that the files call special without adding them: by text, or by the
   * numbers of what begins and ends a text where their texts are names in brackets.
   *
   * @param textOf the text of an id; empty where there is no such token
   */
  public static Map<Integer, String> special(
      Path folder, Map<String, Integer> vocabulary, Function<Integer, String> textOf) {
    SettingsFiles files = SettingsFiles.of(folder);
    Map<Integer, String> special = new TreeMap<>();
    for (String text : files.special()) {
      Integer id = vocabulary.get(text);
      if (id != null && isMarker(text)) {
        special.put(id, text);
      }
    }
    for (String name : List.of("bos", "eos", "pad")) {
      for (int id : files.ids(name)) {
        String text = textOf.apply(id);
        if (isMarker(text)) {
          special.put(id, text);
        }
      }
    }
    return special;
  }

  /** Whether a text is a name in brackets, as special tokens have it. */
  private static boolean isMarker(String text) {
    return MARKER.matcher(text).matches();
  }
}
