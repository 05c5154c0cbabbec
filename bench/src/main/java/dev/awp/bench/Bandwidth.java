// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What memory gave in this run, in GB/s: the highest of the rows of {@link MemoryBandwidth} that
 * lie outside the caches. Kernels run on one thread, and are compared with one thread.
 */
record Bandwidth(OptionalDouble oneThread, OptionalDouble allThreads) {
  /** Elements from which on a row comes from memory. */
  static final long FROM_MEMORY = 1 << 24;

  static Bandwidth unknown() {
    return new Bandwidth(OptionalDouble.empty(), OptionalDouble.empty());
  }

  static Bandwidth of(List<Measurement> memory) {
    return new Bandwidth(highest(memory, false), highest(memory, true));
  }

  private static OptionalDouble highest(List<Measurement> memory, boolean all) {
    return memory.stream()
        .filter(m -> m.n() >= FROM_MEMORY && m.method().endsWith("AllThreads") == all)
        .mapToDouble(m -> m.gigabytesPerSecond().orElse(0.0))
        .max();
  }
}
