// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.blas.Precision;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/** Counts products by phase and precision, on all threads. */
final class Meter {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final StackWalker STACK = StackWalker.getInstance();

  private final Thread coordinator;
  private final Map<Phase, Map<Precision, Sum>> sums = new EnumMap<>(Phase.class);

  /**
   * Of a run.
   *
   * @param coordinator the thread that runs it: what its workers do is what it is about
   */
  Meter(Thread coordinator) {
    this.coordinator = coordinator;
    for (Phase phase : Phase.values()) {
      Map<Precision, Sum> ofPhase = new EnumMap<>(Precision.class);
      for (Precision precision : Precision.values()) {
        ofPhase.put(precision, new Sum());
      }
      sums.put(phase, ofPhase);
    }
  }

  private static final class Sum {
    private final LongAdder flops = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder nanos = new LongAdder();
  }

  /**
   * Products of a phase in one precision.
   *
   * @param flops two for a multiplication and its addition
   * @param bytes of the operands and of the result, each moved once
   * @param nanos of a processor
   */
  record Products(long flops, long bytes, long nanos) {
    Products plus(Products other) {
      return new Products(flops + other.flops, bytes + other.bytes, nanos + other.nanos);
    }
  }

  /** The processor time of this thread, for {@link #add}. */
  static long start() {
    return THREADS.getCurrentThreadCpuTime();
  }

  /**
   * Counts a product that this thread has just computed.
   *
   * @param start before it
   * @param otherwise the phase where the thread's own methods do not tell
   */
  void add(long start, Optional<Phase> otherwise, Precision precision, long flops, long bytes) {
    long nanos = start() - start;
    Phase phase = ownPhase().or(() -> otherwise).orElseGet(this::phaseOfRun);
    Sum sum = sums.get(phase).get(precision);
    sum.flops.add(flops);
    sum.bytes.add(bytes);
    sum.nanos.add(nanos);
  }

  /** What this thread does, where its own methods tell. */
  static Optional<Phase> ownPhase() {
    return STACK.walk(
        frames ->
            frames
                .flatMap(frame -> Phase.of(frame.getClassName(), frame.getMethodName()).stream())
                .findFirst());
  }

  private Phase phaseOfRun() {
    return Thread.currentThread().equals(coordinator)
        ? Phase.REST
        : Phase.of(coordinator.getStackTrace()).orElse(Phase.REST);
  }

  /** What was counted so far. */
  Products products(Phase phase, Precision precision) {
    Sum sum = sums.get(phase).get(precision);
    return new Products(sum.flops.sum(), sum.bytes.sum(), sum.nanos.sum());
  }

  /** The same in all phases. */
  Products products(Precision precision) {
    Products all = new Products(0, 0, 0);
    for (Phase phase : Phase.values()) {
      all = all.plus(products(phase, precision));
    }
    return all;
  }
}
