// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.print.InspectionTable;
import dev.awp.cli.print.JsonOutput;
import dev.awp.compute.Compute;
import dev.awp.inspect.values.Inspection;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp inspect PATH}: what a checkpoint consists of. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Show the layers of a checkpoint: shapes, storage, sparsity, grids, outliers.",
    description = {
      "",
      "Works for safetensors and GGUF files and folders of any program and any architecture; packed"
          + " layers (compressed-tensors, GPTQ, AWQ) are shown as the matrices that they stand for."
          + " Size, bits and zeros count everything that belongs to a weight.",
      "",
      "Columns: 'zeros' share of exact zeros, and of the rows with the fewest and the most; 'N:M'"
          + " a pattern that is kept; 'max/rms' the largest magnitude in units of the root mean"
          + " square; 'top 1 %%' the share of the energy (sum of squares) that lies in the"
          + " strongest hundredth of the input columns; 'kurtosis' 3 for a normal distribution,"
          + " larger with outliers.",
      ""
    },
    footer = {"", "Examples:", "  awp inspect MODEL_DIR", "  awp inspect model.safetensors --json"})
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "DIR|FILE", description = "A checkpoint folder or file.")
  private Path path;

  @Option(names = "--headers", description = "Names, shapes and sizes only; reads no values.")
  private boolean headers;

  @Option(names = "--all", description = "Vectors too (norms, biases), a line each.")
  private boolean all;

  @Option(names = "--json", description = "Everything, as JSON.")
  private boolean json;

  @Mixin private MachineArguments machine;

  @Override
  public Integer call() {
    Inspection inspection;
    try (Compute compute = machine.compute()) {
      inspection = Inspection.of(path, !headers, compute);
    }
    if (json) {
      JsonOutput.print(inspection, spec.commandLine().getOut());
    } else {
      InspectionTable.print(inspection, all, spec.commandLine().getOut());
    }
    return 0;
  }
}
