// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.drawing;

import dev.awp.Progress;
import java.time.Duration;

/** Tells how many characters went by, every few seconds. */
final class Steps {
  private static final long EVERY = Duration.ofSeconds(5).toNanos();

  private final Progress progress;
  private final String what;
  private long characters;
  private long last = System.nanoTime();

  /** The verb comes first: "tokenizing". */
  Steps(Progress progress, String what) {
    this.progress = progress;
    this.what = what;
  }

  void add(int more) {
    characters += more;
    long now = System.nanoTime();
    if (now - last > EVERY) {
      last = now;
      progress.step("%s texts: %s million characters".formatted(what, characters / 1_000_000));
    }
  }
}
