// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import com.sun.management.OperatingSystemMXBean;
import dev.awp.AwpException;
import java.lang.management.ManagementFactory;

/** How long a text may be. */
public final class TextSize {
  private TextSize() {}

  /**
   * Characters that may be tokenized at once in native memory: half of the machine's.
   *
   * @param bytesPerCharacter what tokenizing takes at worst
   */
  public static int longest(long bytesPerCharacter) {
    long memory =
        ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
            ? system.getTotalMemorySize()
            : Runtime.getRuntime().maxMemory();
    return Math.clamp(memory / 2 / bytesPerCharacter, 1 << 20, 1 << 28);
  }

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
          "a text of %,d characters may need %,d MiB of Java heap to tokenize, at most %,d are for that: split it (.jsonl, a document a line) or raise the heap (AWP_JAVA_OPTS=-Xmx...)"
              .formatted(text.length(), needed >> 20, most >> 20));
    }
  }
}
