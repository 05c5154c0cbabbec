// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compress.run.PhaseClock.Phase;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Phases follow each other without gaps, and one inside another takes its time from that. */
class PhaseClockTest {
  private static int work(long nanos) {
    long end = System.nanoTime() + nanos;
    int turns = 0;
    while (System.nanoTime() < end) {
      turns++;
    }
    return turns;
  }

  @Test
  void phasesAddUpToTheWhole() {
    long start = System.nanoTime();
    PhaseClock clock = new PhaseClock();
    int turns =
        clock.during(
            Phase.CALIBRATION,
            () -> work(20_000_000) + clock.during(Phase.TUNING, () -> work(60_000_000)));
    assertTrue(turns > 0);
    assertThrows(
        IllegalStateException.class,
        () ->
            clock.during(
                Phase.EVALUATION,
                () -> {
                  throw new IllegalStateException("fails");
                }));
    Map<Phase, Double> seconds = clock.seconds();
    double whole = (System.nanoTime() - start) / 1e9;
    assertTrue(seconds.get(Phase.TUNING) >= 0.06, seconds.toString());
    assertTrue(seconds.get(Phase.CALIBRATION) >= 0.02, seconds.toString());
    assertTrue(seconds.containsKey(Phase.EVALUATION), seconds.toString());
    double sum = seconds.values().stream().mapToDouble(s -> s).sum();
    assertTrue(sum <= whole && whole - sum < 0.02, sum + " of " + whole);
    assertEquals(4, seconds.size());
  }
}
