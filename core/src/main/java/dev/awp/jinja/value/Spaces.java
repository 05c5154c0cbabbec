// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

/** What Python takes for white space. */
public final class Spaces {
  private Spaces() {}

  public static boolean is(int c) {
    return (c >= '\t' && c <= '\r')
        || (c >= 0x1c && c <= ' ')
        || c == 0x85
        || c == 0xa0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200a)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202f
        || c == 0x205f
        || c == 0x3000;
  }

  /** The text without white space at its begin, at its end, or at both. */
  public static String strip(String text, boolean begin, boolean end) {
    int from = 0;
    int to = text.length();
    while (begin && from < to && is(text.charAt(from))) {
      from++;
    }
    while (end && to > from && is(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  /** Whether there is nothing else, be it nothing at all. */
  public static boolean only(String text) {
    return text.chars().allMatch(Spaces::is);
  }
}
