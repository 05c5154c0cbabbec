// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.AwpException;
import dev.awp.calibration.imatrix.Imatrix;
import dev.awp.calibration.imatrix.ImatrixStatistics;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.calibration.saved.MomentsMerge;
import dev.awp.calibration.saved.SavedMoments;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.cli.print.StatisticsTable;
import dev.awp.compress.plan.RunChecks;
import dev.awp.compress.run.CalibrationIdentity;
import dev.awp.compute.Compute;
import dev.awp.disk.OutputFolder;
import dev.awp.disk.OutputPlace;
import dev.awp.model.ModelLayout;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp statistics show | add | import | export}: what awp calibrate has written. */
@Command(
    name = "statistics",
    mixinStandardHelpOptions = true,
    header = "Show, add, import and export the statistics that awp calibrate writes.",
    description = {
      "",
      "STATS_DIR is a folder of 'awp calibrate', or OUTPUT/statistics of 'awp compare'.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  awp statistics show STATS_DIR",
      "  awp statistics add PART1 PART2 PART3 STATS_DIR",
      "  awp statistics export MODEL_DIR STATS_DIR imatrix.gguf",
      "  awp statistics import MODEL_DIR imatrix.gguf STATS_DIR"
    })
final class StatisticsCommand implements Runnable {
  private static final String MODEL = "The model folder or .gguf file that the statistics are of.";

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what: show, add, import or export");
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      header = "Show what statistics were taken of, and by whom.")
  int show(@Parameters(paramLabel = "STATS_DIR", description = "Statistics.") Path folder) {
    StatisticsTable.print(MomentsManifest.read(folder), out());
    return 0;
  }

  @Command(
      name = "add",
      mixinStandardHelpOptions = true,
      header = "Add statistics of disjoint windows, such as parts of one calibration.",
      description = {
        "",
        "Sums are added in float64, in the order of their windows, whatever the order of the"
            + " folders is. Where no addition was rounded, which is told, they are those of one"
            + " run over all windows.",
        ""
      })
  int add(
      @Parameters(
              arity = "2..*",
              paramLabel = "STATS_DIR",
              description = "Two or more to read, then the folder to write.")
          List<Path> folders,
      @Mixin MachineArguments machine) {
    if (folders.size() < 3) {
      throw new ParameterException(
          spec.subcommands().get("add"), "two folders to read and one to write are needed");
    }
    Path into = folders.getLast();
    OutputFolder.checkFree(OutputPlace.folder(into));
    try (Compute compute = machine.compute();
        ProgressDisplay progress = machine.progress()) {
      long rounded =
          MomentsMerge.merge(folders.subList(0, folders.size() - 1), into, compute, progress);
      out()
          .println(
              rounded == 0
                  ? "no addition was rounded"
                  : "%s additions were rounded in float64's last bit".formatted(rounded));
    }
    StatisticsTable.print(MomentsManifest.read(into), out());
    out().println("written: " + into);
    return 0;
  }

  @Command(
      name = "import",
      mixinStandardHelpOptions = true,
      header = "Read an importance matrix of llama.cpp's llama-imatrix (GGUF) as statistics.",
      description = {
        "",
        "An importance matrix holds the diagonal of C: every solver runs with it, and none can make"
            + " an error of one weight good by another: pruning comes to what wanda does, and"
            + " quantization to rounding with weights.",
        ""
      })
  int read(
      @Parameters(index = "0", paramLabel = "MODEL_DIR", description = MODEL) Path model,
      @Parameters(index = "1", paramLabel = "IMATRIX", description = "The file to read.") Path file,
      @Parameters(index = "2", paramLabel = "STATS_DIR", description = "The folder to write.")
          Path into,
      @Mixin MachineArguments machine) {
    OutputFolder.checkFree(OutputPlace.folder(into));
    RunChecks.checkFolders(model, into);
    try (Compute compute = machine.compute();
        Checkpoint checkpoint = Checkpoints.open(model)) {
      RunChecks.checkDense(checkpoint);
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      String sum = CalibrationIdentity.model(checkpoint, compute);
      new ImatrixStatistics(layout)
          .read(file, sum, into, Version.awp())
          .forEach(told -> spec.commandLine().getErr().println("awp: " + told));
    }
    out().println("written: " + into);
    return 0;
  }

  @Command(
      name = "export",
      mixinStandardHelpOptions = true,
      header = "Write statistics as an importance matrix for llama.cpp's llama-quantize (GGUF).")
  int write(
      @Parameters(index = "0", paramLabel = "MODEL_DIR", description = MODEL) Path model,
      @Parameters(index = "1", paramLabel = "STATS_DIR", description = "Statistics to read.")
          Path folder,
      @Parameters(index = "2", paramLabel = "IMATRIX", description = "The .gguf file to write.")
          Path file,
      @Mixin MachineArguments machine) {
    String name = Optional.ofNullable(file.getFileName()).map(Path::toString).orElse("");
    if (!name.endsWith(".gguf")) {
      throw new AwpException(file + ": the name of an importance matrix ends in .gguf");
    }
    OutputFolder.checkFree(OutputPlace.file(file, name));
    try (Compute compute = machine.compute();
        Checkpoint checkpoint = Checkpoints.open(model);
        Arena arena = Arena.ofShared()) {
      SavedMoments moments = SavedMoments.open(folder, compute, arena);
      moments.checkModel(CalibrationIdentity.model(checkpoint, compute));
      List<String> texts =
          moments.manifest().origins().stream()
              .map(origin -> origin.getOrDefault("texts", ""))
              .distinct()
              .toList();
      Imatrix imatrix =
          new ImatrixStatistics(ModelLayout.of(checkpoint.config())).write(moments, texts);
      imatrix.write(file);
      out().printf("%s entries%n", imatrix.entries().size());
    }
    out().println("written: " + file);
    return 0;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
