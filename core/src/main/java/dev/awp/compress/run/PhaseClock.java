// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Tells what the time of a run goes into. The run is in one phase at a time; a phase inside another
 * takes its time from that one. Used by the thread that runs.
 */
public final class PhaseClock {
  /** What a run does. */
  public enum Phase {
    /** All that has no phase of its own. */
    PREPARATION("reading, checking, copying"),
    MEASURING("measuring for the budget"),
    REMOVAL("removing structure"),
    CALIBRATION("calibration"),
    SOLVING("solving"),
    TUNING("tuning"),
    EVALUATION("evaluation"),
    CHECKSUMS("checksums of the output"),
    EARLIER("before it was interrupted, solving aside");

    private final String words;

    Phase(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  private final Map<Phase, Double> seconds = new EnumMap<>(Phase.class);
  private Phase phase = Phase.PREPARATION;
  private long since = System.nanoTime();

  /** Does some work as part of a phase. */
  public <T> T during(Phase wanted, Supplier<T> work) {
    Phase outer = enter(wanted);
    try {
      return work.get();
    } finally {
      enter(outer);
    }
  }

  private Phase enter(Phase next) {
    long now = System.nanoTime();
    seconds.merge(phase, (now - since) / 1e9, Double::sum);
    since = now;
    Phase before = phase;
    phase = next;
    return before;
  }

  /** Seconds of each phase until now, of those that were entered. */
  Map<Phase, Double> seconds() {
    enter(phase);
    return new EnumMap<>(seconds);
  }
}
