// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.cli.value.Ranges;
import dev.awp.compute.Compute;
import picocli.CommandLine.Option;

/** What every command that computes is told about the machine and about talking. */
public final class MachineArguments {
  /** What logback.xml takes the level from. */
  private static final String LOG_PROPERTY = "awp.log";

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Ranges.Threads.class,
      description = "Threads to use; 1, 2 and 4 give the same results. Default: all processors.")
  private Integer threads;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress; warnings and errors are still told.")
  private boolean quiet;

  private int verbosity;

  /** Logging is set up at its first use, which is after the command line was read. */
  @Option(
      names = {"-v", "--verbose"},
      description = "Tell more on standard error: -v what is chosen and read, -vv every iteration.")
  void setVerbose(boolean[] times) {
    verbosity = times.length;
    if (System.getProperty(LOG_PROPERTY) == null) {
      System.setProperty(LOG_PROPERTY, verbosity == 1 ? "INFO" : "DEBUG");
    }
  }

  /** Without lower precisions. */
  public Compute compute() {
    return compute(MixedPrecision.Mode.F32);
  }

  public Compute compute(MixedPrecision.Mode precision) {
    int wanted = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    return Compute.create(wanted, precision);
  }

  public boolean isQuiet() {
    return quiet;
  }

  public ProgressDisplay progress() {
    if (quiet) {
      return ProgressDisplay.silent();
    }
    return verbosity > 0
        ? ProgressDisplay.lines(System.err, verbosity > 1)
        : ProgressDisplay.forTerminal();
  }
}
