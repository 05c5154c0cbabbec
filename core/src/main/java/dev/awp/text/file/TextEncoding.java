// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.file;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** How characters are bytes: as the byte order mark says, UTF-8 where there is none. */
enum TextEncoding {
  UTF_8(StandardCharsets.UTF_8, "UTF-8", ""),
  UTF_8_MARKED(StandardCharsets.UTF_8, "UTF-8", "\u00ef\u00bb\u00bf"),
  // Before UTF-16, whose mark theirs begins with.
  UTF_32_LE(Charset.forName("UTF-32LE"), "UTF-32", "\u00ff\u00fe\u0000\u0000"),
  UTF_32_BE(Charset.forName("UTF-32BE"), "UTF-32", "\u0000\u0000\u00fe\u00ff"),
  UTF_16_LE(StandardCharsets.UTF_16LE, "UTF-16", "\u00ff\u00fe"),
  UTF_16_BE(StandardCharsets.UTF_16BE, "UTF-16", "\u00fe\u00ff");

  private final Charset charset;
  private final String words;

  /** First bytes, as Latin-1. */
  private final String mark;

  TextEncoding(Charset charset, String words, String mark) {
    this.charset = charset;
    this.words = words;
    this.mark = mark;
  }

  /** That of a text with these first bytes. */
  static TextEncoding of(byte[] begin) {
    for (TextEncoding encoding : values()) {
      if (!encoding.mark.isEmpty() && encoding.marks(begin)) {
        return encoding;
      }
    }
    return UTF_8;
  }

  private boolean marks(byte[] begin) {
    for (int i = 0; i < mark.length(); i++) {
      if (i >= begin.length || (begin[i] & 0xff) != mark.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  Charset charset() {
    return charset;
  }

  /** Bytes of the mark. */
  int markLength() {
    return mark.length();
  }

  /** Its name, and whether there is a mark. */
  String words() {
    return mark.isEmpty() ? words : words + " with a byte order mark";
  }

  /** Its name. */
  String plainName() {
    return words;
  }
}
