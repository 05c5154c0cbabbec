// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.torture;

import dev.awp.cli.Main;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.journal.Folders;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Compression after compression in one process: what is not given back adds up. */
public final class Soak {
  private static final int LINES = 10;

  private Soak() {}

  /** {@code FOLDER RUNS}. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int runs = Integer.parseInt(arguments[1]);
    new GeneratedCheckpoint(2, 64, 96, 2, 1, DType.BF16).write(folder.resolve("model"));
    Files.writeString(folder.resolve("text.txt"), "A text of some words, again. ".repeat(100));
    System.out.println(
        "runs  heap after GC, kB  resident, kB  mapped regions  open files  threads");
    for (int run = 1; run <= runs; run++) {
      compress(folder, run);
      if (run == 1 || run % Math.max(1, runs / LINES) == 0) {
        System.out.println(state(run));
      }
    }
  }

  private static void compress(Path folder, int run) throws IOException {
    Path out = folder.resolve("out");
    List<String> constraint =
        switch (run % 3) {
          case 0 -> List.of("--sparsity", "0.5");
          case 1 -> List.of("--bits", "4", "--group-size", "32");
          default -> List.of("--sparsity", "2:4", "--bits", "4", "--group-size", "32");
        };
    StringWriter said = new StringWriter();
    PrintWriter writer = new PrintWriter(said, true);
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
    if (Main.execute(writer, writer, command) != 0
        || Main.execute(writer, writer, "verify", out.toString(), "-q") != 0) {
      throw new AssertionError(said.toString());
    }
    Folders.delete(out);
  }

  private static String state(int run) throws IOException {
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024;
    return "%4d %19d %13s %15d %11d %8d"
        .formatted(
            run,
            heap,
            resident(),
            Files.readAllLines(Path.of("/proc/self/maps")).size(),
            Path.of("/proc/self/fd").toFile().list().length,
            ManagementFactory.getThreadMXBean().getThreadCount());
  }

  private static String resident() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS"))
        .map(line -> line.replaceAll("\\D", ""))
        .findFirst()
        .orElse("?");
  }
}
