// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.Propagation;
import dev.awp.solver.registry.SolverOptions;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The option that takes a calibration's moments from a folder. */
public final class StatisticsArguments {
  @Option(
      names = "--statistics",
      paramLabel = "DIR",
      description = {
        "Second moments that 'awp calibrate' or 'awp statistics' has written: nothing is"
            + " calibrated, and every layer sees the inputs that the original model has"
            + " (--propagate dense). They have to be of the same model; with --calibration, also of"
            + " the same texts and windows."
      })
  private Path statistics;

  public boolean given() {
    return statistics != null;
  }

  /** The calibration, with saved moments where they are given; misuse where neither is. */
  public Calibration toOptions(CalibrationArguments calibration, CommandSpec spec) {
    return statistics == null
        ? calibration.toOptions(spec)
        : calibration.withoutTexts(spec).withStatistics(statistics);
  }

  /** Says that inputs are dense, where moments are given; misuse where others are asked for. */
  public void applyTo(
      CompressionOptions.Builder options,
      TargetArguments target,
      SolverOptions solver,
      CommandSpec spec) {
    if (statistics == null) {
      return;
    }
    if (target.tunes(solver)) {
      throw new ParameterException(
          spec.commandLine(),
          "--statistics has no activations by which --tune, or --effort max, could tune blocks");
    }
    if (!target.admitsDense()) {
      throw new ParameterException(
          spec.commandLine(),
          "--statistics needs --propagate dense and --target dense: saved moments are those of the"
              + " original model");
    }
    options.propagation(Propagation.DENSE);
  }
}
