// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.torture;

import dev.awp.disk.Folders;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.NativeMemory;
import dev.awp.fixture.Terminal;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Compression after compression in one process: what is not given back adds up. The first quarter
 * of the runs is for the compilers; from the second to the last everything has to stay flat.
 */
public final class Soak {
  private static final int LINES = 20;
  private static final long RESIDENT_GROWTH_KB = 8 << 10;

  /**
   * Something that is to stay flat, read after every run.
   *
   * @param growth how much more there may be in the last quarter of the runs than in the second, by
   *     their medians
   */
  private record Measure(String name, long growth, Reading reading, List<Long> values) {
    Measure(String name, long growth, Reading reading) {
      this(name, growth, reading, new ArrayList<>());
    }

    void read() throws IOException {
      values.add(reading.now());
    }

    /** Empty where it stayed flat. */
    Optional<String> complaint() {
      int quarter = values.size() / 4;
      long second = median(values.subList(quarter, 2 * quarter));
      long last = median(values.subList(values.size() - quarter, values.size()));
      return last - second <= growth
          ? Optional.empty()
          : Optional.of(
              "%s: %,d became %,d, at most %,d more are allowed"
                  .formatted(name, second, last, growth));
    }

    private static long median(List<Long> some) {
      return some.stream().sorted().skip(some.size() / 2).findFirst().orElse(0L);
    }
  }

  private interface Reading {
    long now() throws IOException;
  }

  private Soak() {}

  /** {@code FOLDER RUNS}; exit code 1 where something grows. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int runs = Integer.parseInt(arguments[1]);
    new GeneratedCheckpoint(2, 64, 96, 2, 1, DType.BF16).write(folder.resolve("model"));
    Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(100));
    List<Measure> measures = measures();
    System.out.println("runs; " + String.join("; ", measures.stream().map(Measure::name).toList()));
    for (int run = 1; run <= runs; run++) {
      compress(folder, run);
      System.gc();
      for (Measure measure : measures) {
        measure.read();
      }
      if (run == 1 || run % Math.max(1, runs / LINES) == 0) {
        System.out.printf(
            "%4d; %s%n",
            run,
            String.join(
                "; ", measures.stream().map(m -> "%,d".formatted(m.values().getLast())).toList()));
      }
    }
    List<String> complaints = measures.stream().flatMap(m -> m.complaint().stream()).toList();
    complaints.forEach(System.out::println);
    System.exit(complaints.isEmpty() ? 0 : 1);
  }

  private static List<Measure> measures() {
    return List.of(
        new Measure(
            "heap after collection, kB",
            1024,
            () -> ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024),
        new Measure("off-heap, kB", 64, () -> NativeMemory.bytes() / 1024),
        // The compilers go on for long; what they make is bounded by the code that there is.
        new Measure(
            "code and classes, kB",
            Long.MAX_VALUE,
            () -> ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage().getUsed() / 1024),
        new Measure("resident, kB", RESIDENT_GROWTH_KB, Soak::resident),
        new Measure(
            "mapped regions", 8, () -> Files.readAllLines(Path.of("/proc/self/maps")).size()),
        new Measure("open files", 2, () -> Path.of("/proc/self/fd").toFile().list().length),
        new Measure("threads", 0, () -> ManagementFactory.getThreadMXBean().getThreadCount()));
  }

  private static void compress(Path folder, int run) throws IOException {
    Path out = folder.resolve("out");
    List<String> constraint =
        switch (run % 3) {
          case 0 -> List.of("--sparsity", "0.5");
          case 1 -> List.of("--bits", "4", "--group-size", "32");
          default -> List.of("--sparsity", "2:4", "--bits", "4", "--group-size", "32");
        };
    Terminal awp = new Terminal();
    String[] command =
        Stream.concat(
                Stream.of("compress", folder + "/model", out.toString()),
                Stream.concat(
                    constraint.stream(),
                    Stream.of(
                        "--calibration",
                        folder + "/text.txt",
                        "--evaluate",
                        folder + "/text.txt",
                        "--sequence-length",
                        "32",
                        "--sequences",
                        "16",
                        "--threads",
                        "2",
                        "-q")))
            .toArray(String[]::new);
    awp.run(command).assertExit(0);
    awp.run("verify", out.toString(), "-q").assertExit(0);
    Folders.delete(out);
  }

  private static long resident() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
