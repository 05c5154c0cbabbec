// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.PlainText;
import java.util.Locale;

/** HTML or SVG as it is written: formatted for every locale alike, values escaped. */
public final class Markup {
  private final StringBuilder text = new StringBuilder();

  /** Appends a format of {@link String#format}; text among the values has to be escaped before. */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of its own
  public Markup add(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values));
    return this;
  }

  /**
   * Begins a picture as wide as its place, which may scale it.
   *
   * @param id of its own on the page
   * @param title in a few words
   * @param description what it shows, for those who do not see it
   */
  Markup picture(long width, long height, String id, String title, String description) {
    return picture("", width, height, id, title, description);
  }

  /** The same in its own size, which the place does not change. */
  Markup naturalPicture(long width, long height, String id, String title, String description) {
    String size =
        String.format(Locale.ROOT, " class=\"natural\" width=\"%s\" height=\"%s\"", width, height);
    return picture(size, width, height, id, title, description);
  }

  private Markup picture(
      String size, long width, long height, String id, String title, String description) {
    return add(
        "<svg%s viewBox=\"0 0 %s %s\" role=\"img\" aria-labelledby=\"%s-t %s-d\">%n"
            + "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>%n",
        size, width, height, id, id, id, escape(title), id, escape(description));
  }

  /** A name, cut to so many letters where it is longer. */
  static String shortened(String name, int longest) {
    return name.length() <= longest ? name : name.substring(0, longest - 1) + "\u2026";
  }

  /** Text that may hold anything, for element content and for quoted attributes. */
  public static String escape(String value) {
    StringBuilder escaped = new StringBuilder();
    String plain = PlainText.ofLines(value);
    for (int i = 0; i < plain.length(); i++) {
      char c = plain.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        default -> escaped.append(c);
      }
    }
    return escaped.toString();
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
