// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Processor time of a run by phase, sampled: what a thread has used since it was last looked at is
 * put down to what it does now. What no thread of Java has used is the JVM's own: its compilers and
 * its garbage collector. What the sampling takes is left out.
 */
final class ProcessorTimes {
  private static final long PERIOD_MILLIS = 10;

  /** For threads that begin while they are counted. */
  private static final int ROOM = 64;

  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final com.sun.management.OperatingSystemMXBean PROCESS =
      (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final Thread coordinator;
  private final ScheduledExecutorService sampler =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().daemon().name("awp-bench-sampler").unstarted(task));
  private final Map<Long, Long> seen = new HashMap<>();
  private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
  private final long begun;
  private long all;

  private ProcessorTimes(Thread coordinator) {
    this.coordinator = coordinator;
    for (Thread thread : threads()) {
      seen.put(thread.threadId(), THREADS.getThreadCpuTime(thread.threadId()));
    }
    begun = PROCESS.getProcessCpuTime();
  }

  /** From now on, of a run on the calling thread. */
  static ProcessorTimes start() {
    ProcessorTimes times = new ProcessorTimes(Thread.currentThread());
    var _ =
        times.sampler.scheduleWithFixedDelay(
            times::sample, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    return times;
  }

  /** The run has ended. */
  void stop() {
    sampler.execute(
        () -> {
          sample();
          long sampling = THREADS.getCurrentThreadCpuTime();
          all = PROCESS.getProcessCpuTime() - begun - sampling;
        });
    sampler.close();
  }

  /** Of all threads. */
  double seconds() {
    return all / 1e9;
  }

  /** Of the threads that compute. */
  double seconds(Phase phase) {
    return nanos.getOrDefault(phase, 0L) / 1e9;
  }

  /** Of the JVM's own threads. */
  double ofTheJvm() {
    long own = nanos.values().stream().mapToLong(Long::longValue).sum();
    return Math.max(0, all - own) / 1e9;
  }

  private void sample() {
    Phase ofRun = Phase.of(coordinator.getStackTrace()).orElse(Phase.REST);
    for (Thread thread : threads()) {
      long used = Math.max(0, THREADS.getThreadCpuTime(thread.threadId()));
      Long before = seen.put(thread.threadId(), used);
      long since = used - (before == null ? 0 : before);
      if (since > 0 && !thread.equals(Thread.currentThread())) {
        nanos.merge(thread.equals(coordinator) ? ofRun : phase(thread, ofRun), since, Long::sum);
      }
    }
  }

  /** Workers do what the run is about, where their own methods do not tell. */
  private static Phase phase(Thread thread, Phase ofRun) {
    boolean works = thread.getName().startsWith("awp-worker");
    return Phase.of(thread.getStackTrace()).orElse(works ? ofRun : Phase.REST);
  }

  /** All that are alive. */
  private static List<Thread> threads() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group.getParent() != null) {
      group = group.getParent();
    }
    Thread[] threads = new Thread[group.activeCount() + ROOM];
    int count = group.enumerate(threads);
    return List.of(Arrays.copyOf(threads, count));
  }
}
