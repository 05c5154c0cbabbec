// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.calibrate.CalibrateOptions;
import dev.awp.calibrate.CalibrationPlan;
import dev.awp.calibrate.Calibrator;
import dev.awp.calibrate.WindowPart;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.calibration.saved.MomentsWriter;
import dev.awp.cli.option.CalibrationArguments;
import dev.awp.cli.option.MachineArguments;
import dev.awp.cli.option.TextArguments;
import dev.awp.cli.print.ProgressDisplay;
import dev.awp.cli.print.StatisticsTable;
import dev.awp.cli.value.PartConverter;
import dev.awp.cli.value.SizeConverter;
import dev.awp.compute.Compute;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp calibrate MODEL_DIR STATS_DIR}: statistics once, for many compressions. */
@Command(
    name = "calibrate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Take the statistics of a model's layer inputs once, for many compressions.",
    description = {
      "",
      "Runs the calibration texts through MODEL_DIR and writes the second moment C of every linear"
          + " layer's inputs to STATS_DIR: a safetensors file a block, and statistics.json with"
          + " what they were taken of. 'awp compress --statistics STATS_DIR' and 'awp compare"
          + " --statistics STATS_DIR' take them from there and run no text. Finished blocks survive"
          + " the end of the process in STATS_DIR.partial, and the same command goes on after"
          + " them.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  awp calibrate MODEL_DIR STATS_DIR --calibration text.txt",
      "  awp compress MODEL_DIR OUT_DIR --bits 4 --statistics STATS_DIR",
      "  Two machines share the work:",
      "    awp calibrate MODEL_DIR PART1 --calibration text.txt --part 1/2",
      "    awp calibrate MODEL_DIR PART2 --calibration text.txt --part 2/2",
      "    awp statistics add PART1 PART2 STATS_DIR"
    })
final class CalibrateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "MODEL_DIR",
      description = "The model folder or .gguf file to read.")
  private Path model;

  @Parameters(
      index = "1",
      paramLabel = "STATS_DIR",
      description = "The folder to write; it must not exist yet, or be empty.")
  private Path output;

  @Mixin private final CalibrationArguments calibration = new CalibrationArguments();

  @Mixin private final TextArguments text = new TextArguments();

  @Option(
      names = "--part",
      paramLabel = "K/N",
      converter = PartConverter.class,
      description = {
        "Take the K-th of N parts of the windows; 'awp statistics add' puts the parts together."
            + " Default: all windows."
      })
  private WindowPart part = WindowPart.WHOLE;

  @Option(
      names = "--memory-limit",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = {
        "Memory that the calibration may use, such as 4GiB, mapped files aside. Where it needs more"
            + " it is refused, and the smallest limit that would do is told. Default: no limit."
      })
  private Long memoryLimit;

  @Option(
      names = "--restart",
      description = "Throw an unfinished calibration beside STATS_DIR away and begin anew.")
  private boolean restart;

  @Option(
      names = "--dry-run",
      description = "Print windows, memory and what the disk needs. Nothing is written.")
  private boolean dryRun;

  @Mixin private MachineArguments machine;

  @Override
  public Integer call() {
    CalibrateOptions options =
        new CalibrateOptions(
            model,
            output,
            calibration.toOptions(spec),
            text.toOptions(),
            part,
            memoryLimit == null ? OptionalLong.empty() : OptionalLong.of(memoryLimit));
    if (dryRun && restart) {
      throw new ParameterException(
          spec.commandLine(), "--restart is for a calibration, not for --dry-run");
    }
    try (Compute compute = machine.compute();
        ProgressDisplay progress = machine.progress()) {
      if (dryRun) {
        CalibrationPlan plan = Calibrator.plan(options, compute, progress);
        StatisticsTable.print(plan, spec.commandLine().getOut());
        return 0;
      }
      MomentsWriter.Start start =
          restart ? MomentsWriter.Start.RESTART : MomentsWriter.Start.CONTINUE;
      MomentsManifest written = Calibrator.run(options, start, Version.awp(), compute, progress);
      StatisticsTable.print(written, spec.commandLine().getOut());
    }
    spec.commandLine().getOut().println("written: " + output);
    return 0;
  }
}
