// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the name of a model says, in llama.cpp's convention: "Llama-3-8B-Instruct-v0.1" is basename
 * "Llama-3", size "8B", finetune "Instruct", version "v0.1".
 */
final class NameParts {
  private static final Pattern VERSION = Pattern.compile("(?i)(?:v|iter)?\\d+(?:[.]\\d+)*");
  private static final Pattern TYPE = Pattern.compile("(?i)i?q\\d(?:_\\w)*|b?fp?(?:16|32)");
  private static final Pattern SIZE =
      Pattern.compile(
          "(?i)(?:(?:A|\\d+x)?\\d+(?:[._]\\d+)?[KMBT]\\d?|small|mini|medium|large|x?xl)");
  private static final Pattern TUNED = Pattern.compile("(?i)chat|instruct|vision|lora");
  private static final String SUFFIXES = "KMBT";

  /** What a word of the name says; UNKNOWN words are the basename's first, then the finetune's. */
  enum Kind {
    BASENAME,
    SIZE,
    FINETUNE,
    VERSION,
    TYPE,
    UNKNOWN
  }

  private record Word(String text, Kind kind) {
    Word as(Kind other) {
      return new Word(text, other);
    }

    private boolean is(Kind wanted) {
      return kind == wanted;
    }
  }

  private final Map<Kind, String> parts = new EnumMap<>(Kind.class);

  /**
   * Reads a name.
   *
   * @param parameters of the model: a size that is far from them is that of a context
   */
  NameParts(String name, long parameters) {
    if (name.contains(" ")) {
      return;
    }
    List<String> texts = Stream.of(name.split("-")).filter(text -> !text.isEmpty()).toList();
    List<Word> words = new ArrayList<>();
    for (String text : texts) {
      words.add(word(text, words.isEmpty(), parameters));
    }
    dropWordsForSizes(words);
    findBasename(words);
    for (Kind kind : List.of(Kind.BASENAME, Kind.SIZE, Kind.FINETUNE, Kind.VERSION)) {
      List<String> own = words.stream().filter(w -> w.is(kind)).map(Word::text).toList();
      if (!own.isEmpty()) {
        parts.put(kind, String.join("-", kind == Kind.SIZE ? new LinkedHashSet<>(own) : own));
      }
    }
    if (parts.size() == 1) {
      // A name of one kind of words may be anything.
      parts.remove(Kind.BASENAME);
    }
  }

  Optional<String> get(Kind kind) {
    return Optional.ofNullable(parts.get(kind));
  }

  private static Word word(String text, boolean first, long parameters) {
    if (VERSION.matcher(text).matches()) {
      return new Word(text, Kind.VERSION);
    }
    if (TYPE.matcher(text).matches()) {
      return new Word(text.toUpperCase(Locale.ROOT), Kind.TYPE);
    }
    if (!first && SIZE.matcher(text).matches()) {
      return size(text, parameters);
    }
    boolean tuned = !first && TUNED.matcher(text).matches();
    return new Word(text, tuned ? Kind.FINETUNE : Kind.UNKNOWN);
  }

  /** "7b1" is 7.1B. */
  private static Word size(String text, long parameters) {
    String label = text.replace('_', '.');
    int last = label.length() - 1;
    if (Character.isDigit(label.charAt(last))) {
      label = label.substring(0, last - 1) + "." + label.charAt(last) + label.charAt(last - 1);
      last = label.length() - 1;
    }
    if (!Character.isDigit(label.charAt(Math.max(0, last - 1)))) {
      return new Word(label, Kind.SIZE);
    }
    String number = label.substring(0, last);
    String suffix = label.substring(last).toUpperCase(Locale.ROOT);
    if (number.matches("\\d+(?:[.]\\d+)?")) {
      double told = Double.parseDouble(number) * Math.pow(1000, SUFFIXES.indexOf(suffix) + 1);
      if (Math.abs(told - parameters) > Math.floorDiv(7 * parameters, 8L)) {
        return new Word(number + suffix.toLowerCase(Locale.ROOT), Kind.FINETUNE);
      }
    }
    return new Word(number + suffix, Kind.SIZE);
  }

  /** "large" is no size where a number is one. */
  private static void dropWordsForSizes(List<Word> words) {
    boolean numbers =
        words.stream()
            .anyMatch(w -> w.is(Kind.SIZE) && w.text().chars().anyMatch(NameParts::digit));
    if (numbers) {
      words.replaceAll(
          w ->
              w.is(Kind.SIZE) && w.text().chars().noneMatch(NameParts::digit)
                  ? w.as(Kind.UNKNOWN)
                  : w);
    }
  }

  private static boolean digit(int character) {
    return Character.isDigit(character);
  }

  /** The first words, versions among them but for those at their end. */
  private static void findBasename(List<Word> words) {
    int end = 0;
    while (end < words.size()
        && (words.get(end).is(Kind.VERSION)
            || (words.get(end).is(Kind.UNKNOWN)
                && Character.isLetter(words.get(end).text().charAt(0))))) {
      end++;
    }
    if (end == words.size()) {
      // The whole name: a version at its end is one.
      while (end > 0 && words.get(end - 1).is(Kind.VERSION)) {
        end--;
      }
    }
    for (int i = 0; i < words.size(); i++) {
      Word word = words.get(i);
      if (i < end) {
        words.set(i, word.as(Kind.BASENAME));
      } else if (word.is(Kind.UNKNOWN)) {
        words.set(i, word.as(Kind.FINETUNE));
      }
    }
  }

  /** A number of parameters in two digits or more: "135M", "1.2B". */
  static String label(long parameters) {
    int power = parameters > 1e12 ? 4 : parameters > 1e9 ? 3 : parameters > 1e6 ? 2 : 1;
    double scaled = parameters / Math.pow(1000, power);
    int decimals = Math.max(0, 2 - digits((long) Math.rint(scaled)));
    return String.format(Locale.ROOT, "%." + decimals + "f%s", scaled, SUFFIXES.charAt(power - 1));
  }

  private static int digits(long whole) {
    return whole == 0 ? 0 : Long.toString(whole).length();
  }
}
