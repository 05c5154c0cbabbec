// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The most memory that was resident. */
class PeakMemoryTest {
  @Test
  void residentBytesAreReadFromTheLineOfTheirOwn() {
    assertEquals(
        OptionalLong.of(123_456L * 1024),
        PeakMemory.residentBytes(List.of("VmPeak:  9 kB", "VmHWM:\t  123456 kB", "VmRSS: 8 kB")));
    assertEquals(OptionalLong.empty(), PeakMemory.residentBytes(List.of("VmHWM: many kB")));
    assertEquals(OptionalLong.empty(), PeakMemory.residentBytes(List.of()));
  }

  @Test
  void residentMemoryIsToldWhereTheSystemKnowsIt() {
    boolean linux = Files.exists(Path.of("/proc/self/status"));
    assertEquals(linux, PeakMemory.residentBytes().isPresent());
    assertTrue(!linux || PeakMemory.residentBytes().getAsLong() > 1 << 20);
  }
}
