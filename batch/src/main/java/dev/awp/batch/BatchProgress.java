// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.cli.print.Printable;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import scala.jdk.javaapi.CollectionConverters;

/**
 * One line for all runs: those that are over, how far the others are, and when all will be. How far
 * a run is comes with its machine's heartbeats, as the accumulator of its name.
 */
final class BatchProgress extends SparkListener {
  private static final long EVERY_NANOS = Duration.ofSeconds(10).toNanos();

  private final PrintWriter err;
  private final List<PlannedRun> runs;
  private final Map<String, Integer> parts = new ConcurrentHashMap<>();
  private final Map<String, RunOutcome> over = new TreeMap<>();
  private final long began = System.nanoTime();
  private long told = began;
  private String last = "";

  /**
   * For runs that are at work.
   *
   * @param err may be a writer to nowhere
   */
  BatchProgress(PrintWriter err, List<PlannedRun> runs) {
    this.err = err;
    this.runs = List.copyOf(runs);
  }

  @Override
  public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
    CollectionConverters.asJava(update.accumUpdates())
        .forEach(task -> CollectionConverters.asJava(task._4()).forEach(this::take));
  }

  private void take(AccumulableInfo value) {
    if (value.name().isDefined() && value.update().isDefined()) {
      String name = value.name().get();
      if (value.update().get() instanceof Number number
          && runs.stream().anyMatch(planned -> planned.run().name().equals(name))) {
        parts.put(name, number.intValue());
      }
    }
  }

  /** Something else that a person who waits should know. */
  void say(String words) {
    err.println(words);
  }

  /** A run has ended; told at once. */
  void ended(BatchRun run, RunOutcome outcome) {
    over.put(run.name(), outcome);
    err.println(
        outcome.isGood()
            ? "%s: written, %s".formatted(run.name(), Printable.clock(outcome.seconds()))
            : "%s: failed: %s".formatted(run.name(), outcome.sentence()));
    tell();
  }

  /** The line, where there is something new to tell and the last one is not just told. */
  void tick() {
    if (System.nanoTime() - told >= EVERY_NANOS) {
      tell();
    }
  }

  private void tell() {
    String state = state();
    told = System.nanoTime();
    if (!state.equals(last)) {
      double elapsed = (told - began) / 1e9;
      double done = done();
      String left = done > 0 ? Printable.clock(elapsed * (1 - done) / done) : "-";
      err.println("%s; elapsed %s, ETA %s".formatted(state, Printable.clock(elapsed), left));
      last = state;
    }
  }

  /** All but the time. */
  private String state() {
    List<String> busy = new ArrayList<>();
    for (PlannedRun planned : runs) {
      String name = planned.run().name();
      if (parts.containsKey(name) && !over.containsKey(name)) {
        busy.add("%s %s %%".formatted(name, parts.get(name) * 100 / RunTask.WHOLE));
      }
    }
    long failed = over.values().stream().filter(outcome -> !outcome.isGood()).count();
    return "%s of %s runs are over%s%s"
        .formatted(
            over.size(),
            runs.size(),
            failed > 0 ? " (%s failed)".formatted(failed) : "",
            busy.isEmpty() ? "" : "; at work: " + String.join(", ", busy));
  }

  /** The share of all work that is done. */
  private double done() {
    double all = 0;
    double done = 0;
    for (PlannedRun planned : runs) {
      String name = planned.run().name();
      double work = planned.flops();
      all += work;
      done += over.containsKey(name) ? work : work * parts.getOrDefault(name, 0) / RunTask.WHOLE;
    }
    return all == 0 ? 0 : done / all;
  }
}
