// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * Which texts the model is evaluated on before and after; none by default.
 *
 * @param sequenceLength tokens of a window; by default as for the calibration
 */
public record EvaluationOptions(List<Path> files, OptionalInt sequenceLength) {
  /** Of no text. */
  public static final EvaluationOptions NONE =
      new EvaluationOptions(List.of(), OptionalInt.empty());

  public EvaluationOptions {
    files = List.copyOf(files);
  }

  /** The same of other texts. */
  public EvaluationOptions withFiles(List<Path> others) {
    return new EvaluationOptions(others, sequenceLength);
  }
}
