// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import dev.awp.text.document.Document;

/**
 * Cuts what is longer than a window into stretches of about one, so that windows come from many
 * places. Stretches do not overlap, and together they are the document.
 *
 * @param longest characters that a stretch has, but for those up to the end of a word
 */
record Stretches(int longest) {
  /** How far the end of a word is looked for. */
  private static final int NEAR = 200;

  /** The number of stretches; a conversation is one. */
  int count(Document document) {
    return document instanceof Document.Text(String text, boolean _)
        ? Math.max(1, Math.ceilDiv(text.length(), longest))
        : 1;
  }

  /** One of the stretches. */
  Document get(Document document, int number) {
    int count = count(document);
    if (count == 1 || !(document instanceof Document.Text(String text, boolean begins))) {
      return document;
    }
    int from = place(text, number, count);
    int to = place(text, number + 1, count);
    return new Document.Text(text.substring(from, to), begins && number == 0);
  }

  /** Where a stretch begins: before a space or behind the end of a line, where one is near. */
  private static int place(String text, int number, int count) {
    if (number == 0 || number == count) {
      return number == 0 ? 0 : text.length();
    }
    int even = (int) ((long) text.length() * number / count);
    int last = Math.min((int) ((long) text.length() * (number + 1) / count), even + NEAR);
    for (int i = even; i < last - 1; i++) {
      if (Character.isWhitespace(text.charAt(i)) && !Character.isWhitespace(text.charAt(i + 1))) {
        return text.charAt(i) == '\n' ? i + 1 : i;
      }
    }
    return Character.isLowSurrogate(text.charAt(even)) ? even - 1 : even;
  }
}
