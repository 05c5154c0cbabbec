// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.cli.value.Ranges;
import dev.awp.eval.EvaluationOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that choose the texts for evaluation. */
public final class EvaluationArguments {
  @Option(
      names = "--evaluate",
      paramLabel = "FILE",
      arity = "1..*",
      description =
          "Texts on which to measure perplexity before and after, and how far the predictions go"
              + " from the original's; may be repeated.")
  private List<Path> evaluate = new ArrayList<>();

  @Option(
      names = "--evaluate-length",
      paramLabel = "N",
      converter = Ranges.PredictedWindow.class,
      description = "Tokens in an evaluation window. Default: as for the calibration.")
  private Integer evaluateLength;

  /** What was asked for; misuse where a window is given and no text. */
  public EvaluationOptions toOptions(CommandSpec spec) {
    if (evaluateLength != null && evaluate.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--evaluate-length needs a text: --evaluate=FILE");
    }
    return new EvaluationOptions(
        evaluate, evaluateLength == null ? OptionalInt.empty() : OptionalInt.of(evaluateLength));
  }
}
