// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp;

import java.util.Locale;

/**
 * Text from files as a person may see it: names and values may hold characters that move a
 * terminal's cursor, or that turn the direction of what is read.
 */
public final class PlainText {
  private PlainText() {}

  /** The text on one line: line ends are spaces, other steering characters are told by number. */
  public static String of(String text) {
    return escaped(text, false);
  }

  /** The text with its lines. */
  public static String ofLines(String text) {
    return escaped(text, true);
  }

  private static String escaped(String text, boolean lines) {
    if (text.chars().noneMatch(c -> steers((char) c))) {
      return text;
    }
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\r' || c == '\t') {
        plain.append(lines ? c : ' ');
      } else if (steers(c)) {
        plain.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }

  /**
   * C0 and C1 controls, line separators, marks, embeddings, overrides and isolates of direction.
   */
  private static boolean steers(char c) {
    return Character.isISOControl(c)
        || (c >= '\u200e' && c <= '\u200f')
        || (c >= '\u2028' && c <= '\u202e')
        || (c >= '\u2066' && c <= '\u2069')
        || c == '\u061c';
  }
}
