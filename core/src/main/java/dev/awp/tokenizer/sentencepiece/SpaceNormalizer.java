// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import dev.awp.tokenizer.TextPieces;

/** What SentencePiece's identity normalizer does to a text: only spaces change (normalizer.cc). */
record SpaceNormalizer(SentencePieceModel model, PrefixTree userDefined) {
  private static final char ESCAPED = (char) 0x2581;
  private static final char SPACE = ' ';

  /**
   * Normalizes a text.
   *
   * @param mayAdd whether it gets the space that the model adds
   */
  String normalize(String text, boolean mayAdd) {
    boolean addSpace = mayAdd && model.addSpace();
    String input = TextPieces.wellFormed(text);
    int from = 0;
    while (model.removeExtraSpaces() && chunk(input, from).equals(" ")) {
      from++;
    }
    if (from == input.length()) {
      return "";
    }
    char space = model.escapeSpaces() ? ESCAPED : SPACE;
    StringBuilder out = new StringBuilder(input.length() + 1);
    if (addSpace && !model.spaceBehind()) {
      out.append(space);
    }
    boolean afterSpace = model.removeExtraSpaces();
    while (from < input.length()) {
      String chunk = chunk(input, from);
      from += chunk.length();
      String kept = afterSpace ? chunk.replaceFirst("^ +", "") : chunk;
      if (!kept.isEmpty()) {
        out.append(kept.replace(SPACE, space));
        afterSpace = model.removeExtraSpaces() && kept.endsWith(" ");
      }
    }
    while (model.removeExtraSpaces() && !out.isEmpty() && out.charAt(out.length() - 1) == space) {
      out.setLength(out.length() - 1);
    }
    if (addSpace && model.spaceBehind()) {
      out.append(space);
    }
    return out.toString();
  }

  /** A piece with its spaces as they are in texts. */
  String unescape(String piece) {
    return model.escapeSpaces() ? piece.replace(ESCAPED, SPACE) : piece;
  }

  /** A decoded text without the space that {@link #normalize} adds. */
  String withoutAdded(String text) {
    String space = String.valueOf(SPACE);
    if (!model.addSpace()) {
      return text;
    }
    if (model.spaceBehind()) {
      return text.endsWith(space) ? text.substring(0, text.length() - 1) : text;
    }
    return text.startsWith(space) ? text.substring(1) : text;
  }

  /** The next user-defined piece or character; nothing at the end. */
  private String chunk(String input, int from) {
    if (from == input.length()) {
      return "";
    }
    int end = userDefined.longest(input, from);
    return input.substring(from, end > from ? end : input.offsetByCodePoints(from, 1));
  }
}
