// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What memory gave in this run, by the rows of {@link MemoryBandwidth} that lie outside the caches.
 * The copy is the JVM's own and may write past the caches, which no loop of Java can; the triad has
 * ordinary stores, which read a line before they write it, as every kernel's do.
 */
record Bandwidth(Rates oneThread, Rates allThreads) {
  /** Elements from which on a row comes from memory. */
  static final long FROM_MEMORY = 1 << 24;

  /** In GB/s; empty where it was not measured. */
  record Rates(OptionalDouble copy, OptionalDouble triad) {}

  static Bandwidth unknown() {
    return of(List.of());
  }

  static Bandwidth of(List<Measurement> memory) {
    return new Bandwidth(
        new Rates(rate(memory, "copy"), rate(memory, "triad")),
        new Rates(rate(memory, "copyAllThreads"), rate(memory, "triadAllThreads")));
  }

  /** What rows on that many threads are compared with. */
  Rates on(int threads) {
    return threads > 1 ? allThreads : oneThread;
  }

  private static OptionalDouble rate(List<Measurement> memory, String method) {
    return memory.stream()
        .filter(m -> m.n() >= FROM_MEMORY && m.method().equals(method))
        .mapToDouble(m -> m.gigabytesPerSecond().orElse(0.0))
        .findFirst();
  }
}
