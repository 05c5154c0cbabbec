// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.AwpException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;

/**
 * How a machine is shared by runs.
 *
 * @param master as Spark spells it
 * @param cores of each run; 1, 2 and 4 give the same bytes
 * @param atOnce runs at a time on this machine; 0 where others run them
 * @param limit bytes of memory that each run may use; none where it may have the machine's
 */
record Share(String master, int cores, int atOnce, OptionalLong limit) {
  /** Most attempts of a run: one, and one more for each machine or process that is lost. */
  static final int ATTEMPTS = 4;

  /** What the JVM of Spark and the system keep for themselves, as a share of the memory. */
  private static final double KEPT = 0.1;

  /**
   * The cores of a run where nobody says: four where the machine is divided by that, else two.
   *
   * @param processors of the machine
   */
  static int usualCores(int processors) {
    return processors >= 4 && processors % 4 == 0 ? 4 : Math.min(2, processors);
  }

  /**
   * This machine alone.
   *
   * @param processors of this machine
   * @param wanted cores of a run; 0 where nothing is said
   * @param memory of the machine, in bytes
   * @param limit of each run, where it is said
   * @param need of the run that needs the most, in bytes
   */
  static Share ofThisMachine(
      String master, int processors, int wanted, long memory, OptionalLong limit, long need) {
    Matcher matcher = Master.LOCAL.matcher(master);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(master);
    }
    String count = matcher.group("count");
    int threads = count == null ? 1 : count.equals("*") ? processors : Integer.parseInt(count);
    int cores = wanted == 0 ? usualCores(threads) : wanted;
    int atOnce = Math.max(1, threads / cores);
    long usable = (long) (memory * (1 - KEPT));
    long each = Math.max(limit.orElse(0), need);
    while (atOnce > 1 && usable / atOnce < each) {
      atOnce--;
    }
    OptionalLong share =
        limit.isPresent() || atOnce == 1 ? limit : OptionalLong.of(usable / atOnce);
    return new Share(
        "local[%s,%s]".formatted(Math.multiplyExact(atOnce, cores), ATTEMPTS),
        cores,
        atOnce,
        share);
  }

  /**
   * Machines that Spark knows.
   *
   * @param wanted cores of a run; 0 where nothing is said
   * @param limit of each run, where it is said
   * @param need of the run that needs the most, in bytes; 0 where it is not known
   */
  static Share ofOthers(String master, int wanted, OptionalLong limit, long need) {
    OptionalLong share = limit.isPresent() || need == 0 ? limit : OptionalLong.of(need + need / 4);
    return new Share(master, wanted == 0 ? 2 : wanted, 0, share);
  }

  /** Words of the command line that the machine adds to a run's own. */
  List<String> words(BatchRun run) {
    List<String> words = new ArrayList<>();
    if (!run.has("--threads")) {
      words.add("--threads=" + cores);
    }
    if (limit.isPresent() && !run.has("--memory-limit")) {
      words.add("--memory-limit=" + limit.getAsLong());
    }
    return words;
  }

  /**
   * Refuses machines whose memory their runs may overrun together.
   *
   * @param slots runs at a time in an executor
   */
  void check(List<Machine> machines, int slots) {
    if (limit.isEmpty()) {
      return;
    }
    Map<String, List<Machine>> hosts = new TreeMap<>();
    machines.forEach(m -> hosts.computeIfAbsent(m.host(), _ -> new ArrayList<>()).add(m));
    hosts.forEach(
        (host, executors) -> {
          long runs = executors.stream().map(Machine::executor).distinct().count() * slots;
          long memory = executors.getFirst().memory();
          if (memory / runs < limit.getAsLong()) {
            throw new AwpException(
                String.format(
                    Locale.ROOT,
                    "%s: %d runs at a time may use %.1f GB each, and the machine has %.1f GB; fewer"
                        + " spark.executor.cores, or a smaller --memory",
                    host,
                    runs,
                    limit.getAsLong() / 1e9,
                    memory / 1e9));
          }
        });
  }
}
