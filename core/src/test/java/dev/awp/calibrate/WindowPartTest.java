// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.calibrate.WindowPart.Range;
import dev.awp.model.forward.DecoderBlock;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Windows that are shared out. */
class WindowPartTest {
  @Property(tries = 200)
  void partsAreWholeGroupsThatFollowEachOther(
      @ForAll @IntRange(min = 1, max = 500) int windows,
      @ForAll @IntRange(min = 1, max = 5000) int length,
      @ForAll @IntRange(min = 1, max = 20) int of) {
    int group = DecoderBlock.chunkRows(length) / length;
    if (Math.ceilDiv(windows, group) < of) {
      assertThrows(AwpException.class, () -> new WindowPart(of, of).range(windows, length));
      return;
    }
    int end = 0;
    for (int index = 1; index <= of; index++) {
      Range range = new WindowPart(index, of).range(windows, length);
      assertEquals(end, range.from());
      assertEquals(0, range.from() % group);
      assertTrue(range.to() > range.from());
      end = range.to();
    }
    assertEquals(windows, end);
  }

  @Test
  void thereIsNoPartBehindTheLast() {
    assertThrows(IllegalArgumentException.class, () -> new WindowPart(3, 2));
    assertThrows(IllegalArgumentException.class, () -> new WindowPart(0, 2));
  }
}
