// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import dev.awp.AwpException;
import java.util.Locale;

/** How long a text may be. */
public final class TextSize {
  private TextSize() {}

  /**
   * Refuses a text that would not leave half of the Java heap free.
   *
   * @param bytesPerCharacter what tokenizing takes of the heap at worst
   */
  public static void check(String text, long bytesPerCharacter) {
    long needed = bytesPerCharacter * text.length();
    long most = Runtime.getRuntime().maxMemory() / 2;
    if (needed > most) {
      throw new AwpException(
          String.format(
              Locale.ROOT,
              "a text of %,d characters may need %,d MiB of Java heap to tokenize, at most %,d are"
                  + " for that: split it (.jsonl, a document a line) or raise the heap"
                  + " (AWP_JAVA_OPTS=-Xmx...)",
              text.length(),
              needed >> 20,
              most >> 20));
    }
  }
}
