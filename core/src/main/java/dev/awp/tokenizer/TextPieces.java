// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.Reader;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * A text in parts, each of which is tokenized by itself: a part ends at the first place behind a
 * wanted length where a {@link CutRule} allows it. Only one part is in memory.
 */
public final class TextPieces implements Iterator<String> {
  private static final int LARGE = 1 << 20;

  private final Reader text;
  private final CutRule rule;
  private final int wanted;
  private final int longest;
  private char[] buffer;
  private int from;
  private int to;
  private boolean read;

  /**
   * Cuts a text.
   *
   * @param wanted characters that a part has at least, but for the last; 1 or more
   * @param longest characters that a part has at most
   */
  public TextPieces(Reader text, CutRule rule, int wanted, int longest) {
    this.text = text;
    this.rule = rule;
    this.wanted = wanted;
    this.longest = longest;
    this.buffer = new char[Math.min(2 * wanted, LARGE) + 2];
  }

  /** Whether there is another part; an empty text has none. */
  @Override
  public boolean hasNext() {
    return has(1);
  }

  /**
   * The next part.
   *
   * @throws AwpException where the text has no place to cut for too long, or cannot be read
   */
  @Override
  public String next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    for (int length = wanted; has(length + 2); length++) {
      int at = from + length;
      CutRule.Cut cut = rule.between(buffer[at - 1], buffer[at], buffer[at + 1]);
      if (cut != CutRule.Cut.NONE) {
        return take(length, cut == CutRule.Cut.INSTEAD ? 1 : 0);
      }
      check(length);
    }
    check(to - from);
    return take(to - from, 0);
  }

  private void check(int length) {
    if (length > longest) {
      throw new AwpException(
          "a text has more than %s characters without a place where the tokenizer lets it be cut, more than there is memory for: split it, put spaces into it, or raise the heap (AWP_JAVA_OPTS=-Xmx...)"
              .formatted(longest));
    }
  }

  private String take(int length, int left) {
    String part = wellFormed(new String(buffer, from, length));
    from += length + left;
    if (length > LARGE) {
      // A long run does not keep its room.
      buffer = Arrays.copyOfRange(buffer, from, Math.max(to, from + LARGE));
      to -= from;
      from = 0;
    }
    return part;
  }

  /** Halves of surrogate pairs, which have no UTF-8, become U+FFFD. */
  public static String wellFormed(String text) {
    if (text.codePoints().noneMatch(TextPieces::isHalf)) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().map(c -> isHalf(c) ? 0xfffd : c).forEach(out::appendCodePoint);
    return out.toString();
  }

  private static boolean isHalf(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  /** Reads on until so many characters lie in the buffer; false where the text has no more. */
  private boolean has(int characters) {
    while (to - from < characters && !read) {
      if (to == buffer.length) {
        char[] room = from > buffer.length / 2 ? buffer : Arrays.copyOf(buffer, larger());
        System.arraycopy(buffer, from, room, 0, to - from);
        buffer = room;
        to -= from;
        from = 0;
      }
      try {
        int more = text.read(buffer, to, buffer.length - to);
        read = more < 0;
        to += Math.max(0, more);
      } catch (IOException e) {
        throw new AwpException("a text cannot be read on: " + e.getMessage(), e);
      }
    }
    return to - from >= characters;
  }

  private int larger() {
    return Math.clamp(2L * buffer.length, 0, Integer.MAX_VALUE - 8);
  }
}
