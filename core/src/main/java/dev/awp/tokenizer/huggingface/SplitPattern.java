// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A regular expression by which a tokenizer splits texts, of the form that published ones have:
 * alternatives of character classes in a row, each with a quantifier. Of these it can be said what
 * they cost, and where they never match across.
 *
 * @param text the expression, with the same matches as what was parsed, and fewer retries
 * @param alternatives optional groups are written out: with them, and without
 * @param backtracks whether a match may take as many retries as it has characters; else it takes a
 *     few
 */
record SplitPattern(String text, List<List<Item>> alternatives, boolean backtracks) {
  /** What ByteLevel splits by where it is asked to. */
  static final String BYTE_LEVEL =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  /**
   * Alternatives that give back what they took, a character a retry, and the same without: the
   * first takes white space up to its last line break, the second can only begin where white space
   * does.
   */
  private static final Map<String, String> REWRITTEN =
      Map.of(
          "\\s*[\\r\\n]+",
          "(?:[^\\S\\r\\n]*+[\\r\\n]+)+",
          "\\s*[\\n\\r]+",
          "(?:[^\\S\\r\\n]*+[\\r\\n]+)+",
          "\\s+$",
          "(?<!\\s)\\s+$");

  /** One character of every sort, to see whether an expression leaves characters out. */
  private static final String SORTS =
      " \n\t\u00a0aA1.,_$\u00e9\u4e00\u3042\u0301\u200d\u0001\u2026\u00bd";

  /** A row of equal characters, or a condition on what follows. */
  sealed interface Item {
    /** Characters of a class, at least so many, and perhaps more than one. */
    record Characters(Pattern one, int least, boolean repeated) implements Item {
      boolean takes(char character) {
        return one.matcher(String.valueOf(character)).matches();
      }
    }

    /** White space or the end of the text follows. */
    record BeforeSpace() implements Item {}

    /** A line break or the end of the text follows. */
    record LineEnd() implements Item {}
  }

  /** Parses an expression; empty where it is of another form, or may take very many retries. */
  static Optional<SplitPattern> of(String pattern) {
    return SplitPatternParser.parse(pattern)
        .map(
            alternatives ->
                new SplitPattern(
                    alternatives.stream()
                        .map(a -> REWRITTEN.getOrDefault(a.text(), a.text()))
                        .collect(Collectors.joining("|")),
                    alternatives.stream().flatMap(a -> a.rows().stream()).toList(),
                    alternatives.stream()
                        .anyMatch(a -> a.backtracks() && !REWRITTEN.containsKey(a.text()))))
        .filter(known -> !known.backtracks || known.takesAll());
  }

  /** Else one that backtracks is tried again at every character of a run. */
  private boolean takesAll() {
    return SORTS.chars().allMatch(character -> takes((char) character));
  }

  /** Whether a character that no match has come across is matched, whatever surrounds it. */
  boolean takes(char character) {
    return alternatives.stream()
        .anyMatch(
            row -> {
              int possible = 0;
              int needed = 0;
              for (Item item : row) {
                if (!(item instanceof Item.Characters characters)) {
                  return false;
                }
                boolean takes = characters.takes(character);
                possible += takes ? 1 : 0;
                needed += takes ? characters.least() : 2 * characters.least();
              }
              return possible > 0 && needed < 2;
            });
  }

  /**
   * Whether the matches on both sides of a place are those of the two parts alone: none goes across
   * it, none looks across it and sees what it would not see at the end of a text.
   */
  boolean separates(char before, char after) {
    return alternatives.stream().noneMatch(row -> reaches(row, before, after));
  }

  private static boolean reaches(List<Item> row, char before, char after) {
    for (int i = 0; i < row.size(); i++) {
      if (row.get(i) instanceof Item.Characters first
          && first.takes(before)
          && ((first.repeated() && first.takes(after)) || reachesFrom(row, i + 1, after))) {
        return true;
      }
    }
    return false;
  }

  private static boolean reachesFrom(List<Item> row, int from, char after) {
    for (Item item : row.subList(from, row.size())) {
      switch (item) {
        case Item.Characters next -> {
          if (next.takes(after)) {
            return true;
          }
          if (next.least() > 0) {
            return false;
          }
        }
        case Item.BeforeSpace _ -> {
          if (!Character.isWhitespace(after)) {
            return true;
          }
        }
        case Item.LineEnd _ -> {
          return true;
        }
      }
    }
    return false;
  }
}
