// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class PlainTextTest {
  @Test
  void everyCharacterThatSteersIsToldByNumber() {
    for (int c = 0; c < 0x10000; c++) {
      boolean steers =
          Character.isISOControl(c) || isBidirectional(c) || c == 0x2028 || c == 0x2029;
      String text = "a" + (char) c + "b";
      String expected =
          c == '\n' || c == '\r' || c == '\t' ? "a b" : steers ? "a\\u%04xb".formatted(c) : text;
      assertEquals(expected, PlainText.of(text), Integer.toHexString(c));
    }
  }

  /** Unicode's property Bidi_Control. */
  private static boolean isBidirectional(int c) {
    return c == 0x61c
        || (c >= 0x200e && c <= 0x200f)
        || (c >= 0x202a && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069);
  }

  @Test
  void plainTextIsLeftAlone() {
    String text = "mod\u00e8le \u6a21\u578b \u0645";
    assertSame(text, PlainText.of(text));
    assertEquals("a\nb\\u001b[2J", PlainText.ofLines("a\nb\u001b[2J"));
    assertEquals("x\\u0085y z", new AwpException("x\u0085y\nz").getMessage());
  }
}
