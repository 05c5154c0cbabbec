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
