// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.JinjaException;
import java.util.Locale;

/** Upper and lower case, and kinds of characters, as Python has them. */
final class Letters {
  private Letters() {}

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** The first letter in title case, all others in lower case. */
  static String capitalized(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    return titled(first) + lower(text.substring(Character.charCount(first)));
  }

  /** Every letter behind none in title case, all others in lower case. */
  static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean behindLetter = false;
    for (int c : text.codePoints().toArray()) {
      if (c >= 0x80 && isCased(c)) {
        String lower = lower(Character.toString(c));
        out.append(behindLetter ? lower : titled(c));
      } else {
        out.appendCodePoint(behindLetter ? Character.toLowerCase(c) : Character.toTitleCase(c));
      }
      behindLetter = isCased(c);
    }
    return out.toString();
  }

  private static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  /** A character that becomes several in title case is refused: Java has no rule for it. */
  private static String titled(int c) {
    String letter = Character.toString(c);
    if (letter.toUpperCase(Locale.ROOT).codePointCount(0, letter.toUpperCase(Locale.ROOT).length())
        > 1) {
      throw new JinjaException("'%s' in title case is not known".formatted(letter));
    }
    return Character.toString(Character.toTitleCase(c));
  }

  /** Whether it is a digit; superscripts and the like, which are digits to Python, are refused. */
  static boolean isDigit(int c) {
    if (c >= 0x80
        && (Character.getType(c) == Character.OTHER_NUMBER
            || Character.getType(c) == Character.LETTER_NUMBER)) {
      throw new JinjaException(
          "whether '%s' is a digit is not known".formatted(Character.toString(c)));
    }
    return Character.isDigit(c);
  }

  static boolean isUpper(String text) {
    return text.codePoints().anyMatch(Character::isUpperCase)
        && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
  }

  static boolean isLower(String text) {
    return text.codePoints().anyMatch(Character::isLowerCase)
        && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
  }
}
