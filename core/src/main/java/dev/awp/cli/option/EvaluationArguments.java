// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.eval.EvaluationOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** The options that choose the texts for perplexity. */
public final class EvaluationArguments {
  @Option(
      names = "--evaluate",
      paramLabel = "FILE",
      arity = "1..*",
      description = "Texts on which to measure perplexity before and after; may be repeated.")
  private List<Path> evaluate = new ArrayList<>();

  @Option(
      names = "--evaluate-length",
      paramLabel = "N",
      description = "Tokens in an evaluation window. Default: as for the calibration.")
  private Integer evaluateLength;

  public EvaluationOptions toOptions() {
    return new EvaluationOptions(
        evaluate, evaluateLength == null ? OptionalInt.empty() : OptionalInt.of(evaluateLength));
  }
}
