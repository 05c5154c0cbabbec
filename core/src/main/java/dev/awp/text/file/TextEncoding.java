// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.file;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** How characters are bytes: as the byte order mark says, UTF-8 where there is none. */
enum TextEncoding {
  UTF_8(StandardCharsets.UTF_8, "UTF-8"),
  UTF_8_MARKED(StandardCharsets.UTF_8, "UTF-8", 0xef, 0xbb, 0xbf),
  // Before UTF-16, whose mark theirs begins with.
  UTF_32_LE(Charset.forName("UTF-32LE"), "UTF-32", 0xff, 0xfe, 0, 0),
  UTF_32_BE(Charset.forName("UTF-32BE"), "UTF-32", 0, 0, 0xfe, 0xff),
  UTF_16_LE(StandardCharsets.UTF_16LE, "UTF-16", 0xff, 0xfe),
  UTF_16_BE(StandardCharsets.UTF_16BE, "UTF-16", 0xfe, 0xff);

  private final Charset charset;
  private final String words;
  private final List<Integer> mark;

  TextEncoding(Charset charset, String words, Integer... mark) {
    this.charset = charset;
    this.words = words;
    this.mark = List.of(mark);
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
    for (int i = 0; i < mark.size(); i++) {
      if (i >= begin.length || (begin[i] & 0xff) != mark.get(i)) {
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
    return mark.size();
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
