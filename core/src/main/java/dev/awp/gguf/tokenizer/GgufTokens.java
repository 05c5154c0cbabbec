// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.tokenizer;

import dev.awp.AwpException;
import dev.awp.gguf.GgufValue;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The tokens of a model by id: text, type, score. */
final class GgufTokens {
  /** llama.cpp's token types; the number is the ordinal and 1. */
  enum Kind {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE;

    /** The type of that number in a file. */
    static Optional<Kind> of(int number) {
      return number < 1 || number > values().length
          ? Optional.empty()
          : Optional.of(values()[number - 1]);
    }

    @SuppressWarnings("EnumOrdinal") // the order is the file format's
    int number() {
      return ordinal() + 1;
    }
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
    types[id] = kind.number();
    scores[id] = score;
  }

  /** Embedding rows without a token of the tokenizer get names of their own, and are told. */
  Optional<String> fillGaps() {
    int[] gaps = IntStream.range(0, texts.length).filter(id -> types[id] == 0).toArray();
    for (int id : gaps) {
      put(id, "[PAD" + id + "]", Kind.UNUSED, -10000);
    }
    return gaps.length == 0
        ? Optional.empty()
        : Optional.of(
            "%s: %s of the %s rows of the embedding have no token, the first is %s; they are written as unused"
                .formatted(file, gaps.length, texts.length, gaps[0]));
  }

  /** Makes a token special that another file calls so; one that has a type of its own keeps it. */
  void control(int id, String text) {
    if (types[id] == Kind.NORMAL.number() && texts[id].equals(text)) {
      types[id] = Kind.CONTROL.number();
    }
  }

  /** Makes a special token one that is written out, where it is there. */
  void show(String text) {
    id(text)
        .filter(id -> types[id] == Kind.CONTROL.number())
        .ifPresent(id -> types[id] = Kind.USER_DEFINED.number());
  }

  Map<String, Integer> ids() {
    return Collections.unmodifiableMap(ids);
  }

  /** The text of a token; empty where there is none. */
  String text(int id) {
    return id < texts.length ? texts[id] : "";
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
