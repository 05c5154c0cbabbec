// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.PlainText;
import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.compute.Compute;
import dev.awp.verify.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp verify OUT_DIR}: is it still what was written. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Check a folder that awp wrote against its report.json.",
    description = {
      "",
      "Every file, report.json among them, against its SHA-256, every compressed layer against its"
          + " sparsity and, where its grid is stored beside it, every value against the grid."
          + " Prints one line for every violation and exits with 1 where there is one.",
      ""
    },
    footer = {"", "Example:", "  awp verify OUT_DIR"})
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "OUT_DIR", description = "The folder that awp compress wrote.")
  private Path folder;

  @Mixin private MachineArguments machine;

  @Override
  public Integer call() {
    try (Compute compute = machine.compute();
        ProgressDisplay progress = machine.progress()) {
      Verification.Result result = Verification.of(folder, compute, progress);
      PrintWriter out = spec.commandLine().getOut();
      result.violations().forEach(v -> out.println(PlainText.of(v)));
      if (!result.violations().isEmpty()) {
        return 1;
      }
      out.printf(
          "%s: %s files and %s layers are as report.json says%n",
          folder, result.files(), result.checkedLayers());
      return 0;
    }
  }
}
