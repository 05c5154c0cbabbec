// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.cli.value.Ranges;
import dev.awp.compress.CompressionOptions.Calibration;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that choose the calibration tokens. */
public final class CalibrationArguments {
  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      arity = "1..*",
      description = {
        "Text, JSON, CSV, TSV or Parquet, plain or in .gz or .zst, or a folder of such; what is in"
            + " it decides, and not its name. May be repeated."
      })
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--sequences",
      paramLabel = "N",
      converter = Ranges.Count.class,
      description = "Number of token windows. Default: " + Calibration.SEQUENCES + ".")
  private Integer sequences;

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      converter = Ranges.Count.class,
      description = "Tokens in a window. Default: the model's context, at most 2048.")
  private Integer sequenceLength;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the choice of windows. Default: " + Calibration.SEED + ".")
  private Long seed;

  /** What was asked for; misuse where no text is given. */
  public Calibration toOptions(CommandSpec spec) {
    if (files.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "a text to calibrate on is missing: --calibration=FILE");
    }
    return calibration();
  }

  /** The same where saved moments stand in for texts; misuse where windows of no text are asked. */
  Calibration withoutTexts(CommandSpec spec) {
    if (files.isEmpty() && (sequences != null || sequenceLength != null || seed != null)) {
      throw new ParameterException(
          spec.commandLine(),
          "--sequences, --sequence-length and --seed are of the windows of --calibration, which is"
              + " not there: the windows are those of --statistics");
    }
    return calibration();
  }

  private Calibration calibration() {
    return new Calibration(
        files,
        sequences == null ? Calibration.SEQUENCES : sequences,
        sequenceLength == null ? OptionalInt.empty() : OptionalInt.of(sequenceLength),
        seed == null ? Calibration.SEED : seed);
  }
}
