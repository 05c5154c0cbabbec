// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.compress.CompressionOptions.Calibration;
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
        "Second moments that were saved before, such as OUTPUT/statistics of awp compare: with"
            + " --propagate dense, where they are those of the original model. Nothing is"
            + " calibrated; model, texts and windows must be those of the moments."
      })
  private Path statistics;

  boolean given() {
    return statistics != null;
  }

  /** The calibration with them, where they are given; misuse where layers see other inputs. */
  public Calibration applyTo(Calibration calibration, TargetArguments target, CommandSpec spec) {
    if (statistics == null) {
      return calibration;
    }
    if (!target.isDense()) {
      throw new ParameterException(
          spec.commandLine(),
          "--statistics needs --propagate dense and --target dense: saved moments are those of the"
              + " original model");
    }
    return calibration.withStatistics(statistics);
  }
}
