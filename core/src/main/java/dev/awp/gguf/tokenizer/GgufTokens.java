// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import dev.awp.AwpException;
import dev.awp.gguf.GgufValue;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The tokens of a model by id: text, type, score. */
final class GgufTokens {
  /** llama.cpp's token types; the number is the ordinal and 1. */
  enum Kind {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  private final Path file;
  private final String[] texts;
  private final int[] types;
  private final float[] scores;
  private final Map<String, Integer> ids = new HashMap<>();

  GgufTokens(Path file, int size) {
    this.file = file;
    this.texts = new String[size];
    this.types = new int[size];
    this.scores = new float[size];
    Arrays.fill(texts, "");
  }

  /** Sets a token; a later entry of the same id and text, as added tokens are, sets its type. */
  @SuppressWarnings("EnumOrdinal") // the order is the file format's
  void put(int id, String text, Kind kind, float score) {
    Integer before = ids.putIfAbsent(text, id);
    if (before != null && before != id) {
      throw new AwpException(
          "%s: token '%s' has the ids %s and %s; llama.cpp refuses a text that comes twice"
              .formatted(file, text, before, id));
    }
    if (types[id] != 0 && !texts[id].equals(text)) {
      throw new AwpException(
          "%s: tokens '%s' and '%s' have the same id %s".formatted(file, texts[id], text, id));
    }
    texts[id] = text;
    types[id] = kind.ordinal() + 1;
    scores[id] = score;
  }

  /** Embedding rows beyond the tokenizer's tokens get names of their own. */
  void fillGaps() {
    for (int id = 0; id < texts.length; id++) {
      if (types[id] == 0) {
        put(id, "[PAD" + id + "]", Kind.UNUSED, -10000);
      }
    }
  }

  Optional<Integer> id(String text) {
    return Optional.ofNullable(ids.get(text));
  }

  /** Texts and types by token, with scores where they are asked for. */
  Map<String, GgufValue> keys(boolean withScores) {
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put(GgufTokenizerSettings.PREFIX + "tokens", GgufValue.texts(Arrays.asList(texts)));
    if (withScores) {
      keys.put(GgufTokenizerSettings.PREFIX + "scores", GgufValue.reals(scores));
    }
    keys.put(GgufTokenizerSettings.PREFIX + "token_type", GgufValue.wholes(types));
    return keys;
  }
}
