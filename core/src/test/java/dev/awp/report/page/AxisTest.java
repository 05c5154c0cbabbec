// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Values have places, and ticks say the values of theirs. */
class AxisTest {
  @Property
  void valuesLieInsideAndTicksAreReadable(
      @ForAll @Size(min = 1, max = 9) List<@DoubleRange(min = 0, max = 1e9) Double> values) {
    Axis axis = Axis.around(values, 60, 760);
    for (double value : values) {
      double at = axis.at(value);
      assertTrue(at >= 60 - 1e-6 && at <= 760 + 1e-6, value + " at " + at);
    }
    List<Axis.Tick> ticks = axis.ticks(7);
    assertFalse(ticks.isEmpty());
    assertTrue(ticks.size() <= 7, ticks.toString());
    assertEquals(
        ticks.size(), ticks.stream().map(Axis.Tick::label).distinct().count(), ticks.toString());
    for (Axis.Tick tick : ticks) {
      assertEquals(tick.value(), Double.parseDouble(tick.label()), 1e-9 * Math.abs(tick.value()));
      double at = axis.at(tick.value());
      assertTrue(at >= 60 - 1e-6 && at <= 760 + 1e-6, tick + " at " + at);
    }
  }

  @Test
  void narrowRangesHaveTicksToo() {
    assertEquals(
        List.of("46", "47", "48", "49"), labels(Axis.around(List.of(46.0, 49.0), 0, 1).ticks(5)));
    assertEquals(
        List.of("0.1", "1", "10"), labels(Axis.around(List.of(0.06, 30.0), 0, 1).ticks(3)));
  }

  @Test
  void whatIsCountedHasWholeTicks() {
    assertEquals(List.of("0", "1", "2"), labels(Axis.linear(0, 2, 1, 0, 1).ticks(9)));
    assertEquals(List.of("0"), labels(Axis.linear(-0.5, 0.5, 1, 0, 1).ticks(9)));
    assertEquals(List.of("0", "50", "100", "150"), labels(Axis.linear(0, 199, 1, 0, 1).ticks(5)));
  }

  private static List<String> labels(List<Axis.Tick> ticks) {
    return ticks.stream().map(Axis.Tick::label).toList();
  }
}
