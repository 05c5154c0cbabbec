// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.document;

import java.util.function.Consumer;

/**
 * Cuts a text that comes bit by bit into parts of at most {@value #PART} characters, so that long
 * texts are held in pieces: behind the end of a line where there is one, else before a space. The
 * parts together are the text.
 */
public final class TextParts {
  public static final int PART = 1 << 16;

  private final Consumer<Document> parts;
  private final StringBuilder text = new StringBuilder();
  private boolean begins = true;

  TextParts(Consumer<Document> parts) {
    this.parts = parts;
  }

  public void append(CharSequence more) {
    text.append(more);
    int from = 0;
    while (text.length() - from > PART) {
      int to = cut(from);
      part(text.substring(from, to));
      from = to;
    }
    text.delete(0, from);
  }

  public void finish() {
    if (!text.isEmpty()) {
      part(text.toString());
      text.setLength(0);
    }
  }

  private void part(String part) {
    parts.accept(new Document.Text(part, begins));
    begins = false;
  }

  /** The end of the part that begins at a place. */
  private int cut(int from) {
    int space = -1;
    for (int to = from + PART; to > from + PART / 2; to--) {
      if (text.charAt(to - 1) == '\n' && !Character.isWhitespace(text.charAt(to))) {
        return to;
      }
      if (space < 0 && text.charAt(to) == ' ' && !Character.isWhitespace(text.charAt(to - 1))) {
        space = to;
      }
    }
    int to = space < 0 ? from + PART : space;
    return Character.isHighSurrogate(text.charAt(to - 1)) ? to - 1 : to;
  }
}
