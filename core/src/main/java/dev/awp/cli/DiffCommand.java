// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.print.DifferenceTable;
import dev.awp.cli.print.JsonOutput;
import dev.awp.compute.Compute;
import dev.awp.inspect.values.Difference;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp diff A B}: how two checkpoints differ. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Show how the weights of two checkpoints differ.",
    description = {
      "",
      "A and B are safetensors or GGUF files or folders of any program; packed layers"
          + " (compressed-tensors, GPTQ, AWQ) are compared by the values that they stand for."
          + " 'error' is ||A - B||_F / ||A||_F, 'changed' the share of the values that are not"
          + " equal, 'max' the largest |a - b|.",
      "",
      "Where B is an output of awp from which neurons, heads or blocks were removed, what stays is"
          + " compared with the same part of A, by the report beside B.",
      "",
      "The exit code is 0 whether there are differences or not.",
      ""
    },
    footer = {"", "Example:", "  awp diff MODEL_DIR COMPRESSED_DIR"})
final class DiffCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "A", description = "The first folder or file.")
  private Path before;

  @Parameters(index = "1", paramLabel = "B", description = "The second folder or file.")
  private Path after;

  @Option(names = "--all", description = "Weights that are the same too.")
  private boolean all;

  @Option(names = "--json", description = "Everything, as JSON.")
  private boolean json;

  @Mixin private MachineArguments machine;

  @Override
  public Integer call() {
    Difference difference;
    try (Compute compute = machine.compute()) {
      difference = Difference.of(before, after, compute);
    }
    if (json) {
      JsonOutput.print(difference, spec.commandLine().getOut());
    } else {
      DifferenceTable.print(difference, all, spec.commandLine().getOut());
    }
    return 0;
  }
}
