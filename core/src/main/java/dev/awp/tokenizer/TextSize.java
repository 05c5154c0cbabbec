// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How much of a text is tokenized at once. */
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

  /** The same in half of the Java heap. */
  public static int longestInHeap(long bytesPerCharacter) {
    return Math.clamp(
        Runtime.getRuntime().maxMemory() / 2 / bytesPerCharacter, 1 << 16, Integer.MAX_VALUE);
  }
}
