// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs benchmarks and writes, for every family, JMH's own JSON and a markdown page. The forks start
 * with the options of this JVM.
 */
public final class Bench {
  private static final String USAGE =
      """
      Usage: scripts/bench [family...] [--quick]

      Measures kernels, products, solvers and the whole walk with JMH, and writes
      <family>.json and <family>.md to bench/results. Without a family all are
      measured, which takes about twenty minutes on two cores. The machine should
      do nothing else meanwhile.

        --quick      few and short measurements, about ten minutes: for a first look
        --help, -h   this text

      Families:""";

  private final Path folder;
  private final boolean quick;

  private Bench(Path folder, boolean quick) {
    this.folder = folder;
    this.quick = quick;
  }

  /**
   * The first argument is the folder of the results, which scripts/bench gives; the others are
   * those of the usage text.
   */
  public static void main(String[] args) throws IOException, RunnerException {
    System.exit(run(Path.of(args[0]), List.of(args).subList(1, args.length)));
  }

  /** Returns the exit code: 0, or 2 for arguments that mean nothing. */
  static int run(Path folder, List<String> arguments) throws IOException, RunnerException {
    Set<Family> families = EnumSet.noneOf(Family.class);
    boolean quick = false;
    for (String argument : arguments) {
      var family = Family.of(argument);
      if (argument.equals("--help") || argument.equals("-h")) {
        System.out.print(usage());
        return 0;
      } else if (argument.equals("--quick")) {
        quick = true;
      } else if (family.isPresent()) {
        families.add(family.get());
      } else {
        System.err.println("bench: there is no family or option " + argument);
        System.err.print(usage());
        return 2;
      }
    }
    new Bench(folder, quick).run(families.isEmpty() ? EnumSet.allOf(Family.class) : families);
    return 0;
  }

  private static String usage() {
    return USAGE
        + Stream.of(Family.values()).map(f -> " " + f.word()).collect(Collectors.joining())
        + System.lineSeparator();
  }

  /** In the order of the enum: the memory first, for others need its bandwidth. */
  private void run(Set<Family> families) throws IOException, RunnerException {
    Files.createDirectories(folder);
    Map<String, String> environment = Environment.describe();
    Set<Family> all = EnumSet.copyOf(families);
    if (families.stream().anyMatch(Family::needsBandwidth)) {
      all.add(Family.MEMORY);
    }
    Bandwidth bandwidth = Bandwidth.unknown();
    for (Family family : all) {
      Path json = folder.resolve(family.word() + ".json");
      new Runner(options(family, json).build()).run();
      Measurement.withoutPaths(json);
      List<Measurement> results = Measurement.read(json);
      if (family == Family.MEMORY) {
        bandwidth = Bandwidth.of(results);
      }
      Files.writeString(
          folder.resolve(family.word() + ".md"),
          Report.page(family, quick, environment, bandwidth, results));
    }
  }

  private ChainedOptionsBuilder options(Family family, Path json) {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .result(json.toString())
            .resultFormat(ResultFormatType.JSON)
            .shouldFailOnError(true);
    for (Class<?> benchmark : family.benchmarks()) {
      options.include("^" + benchmark.getName().replace(".", "\\.") + "\\.");
    }
    if (quick) {
      family.shorten(options);
    }
    return options;
  }
}
