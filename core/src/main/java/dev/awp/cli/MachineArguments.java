// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpException;
import dev.awp.kernel.Compute;
import picocli.CommandLine.Option;

/** What every command that computes is told about the machine and about talking. */
final class MachineArguments {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads to use; 1, 2 and 4 give the same results. Default: all processors.")
  private Integer threads;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress.")
  private boolean quiet;

  Compute compute() {
    int wanted = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    if (wanted < 1) {
      throw new AwpException("--threads " + wanted + ": at least one thread is needed");
    }
    return Compute.create(wanted);
  }

  boolean isQuiet() {
    return quiet;
  }

  ProgressDisplay progress() {
    return quiet ? ProgressDisplay.silent() : ProgressDisplay.forTerminal();
  }
}
