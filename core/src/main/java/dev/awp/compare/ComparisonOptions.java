// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compare;

import dev.awp.compress.CompressionOptions;
import dev.awp.compress.ConstraintOptions;
import dev.awp.eval.EvaluationOptions;
import dev.awp.solver.Effort;
import java.nio.file.Path;
import java.util.List;

/**
 * What is compared with what.
 *
 * @param model folder of the checkpoint to read
 * @param output folder of the results; an unfinished comparison in it goes on
 * @param constraints the tables' rows
 * @param methods the tables' columns: names of solvers; a method is left out where it cannot serve
 *     a constraint, and none at all means all that can
 */
public record ComparisonOptions(
    Path model,
    Path output,
    List<ConstraintOptions> constraints,
    List<String> methods,
    Effort effort,
    CompressionOptions.Calibration calibration,
    EvaluationOptions evaluation) {
  public ComparisonOptions {
    constraints = List.copyOf(constraints);
    methods = List.copyOf(methods);
  }
}
