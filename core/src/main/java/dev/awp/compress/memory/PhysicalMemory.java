// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.memory;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** The memory of the machine, or of the container that the JVM runs in. */
public final class PhysicalMemory {
  private PhysicalMemory() {}

  /** Bytes in all, in use or not; all that is possible where the JVM cannot tell. */
  public static long bytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine
        ? machine.getTotalMemorySize()
        : Long.MAX_VALUE;
  }
}
