// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compare;

import dev.awp.compress.CompressionOptions;
import dev.awp.compress.ConstraintOptions;
import dev.awp.eval.EvaluationOptions;
import dev.awp.solver.Effort;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.text.TextOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What is compared with what.
 *
 * @param model folder of the checkpoint to read
 * @param output folder of the results; an unfinished comparison in it goes on
 * @param constraints the tables' rows
 * @param methods the tables' columns: names of solvers; a method is left out where it cannot serve
 *     a constraint, and none at all means all that can
 * @param widths shares of the linear weights to remove as neurons and heads, by every way to choose
 *     them
 * @param experts what to remove of the experts of every mixture, by every way to choose them: below
 *     1 a share, else how many
 * @param texts how they become windows
 */
public record ComparisonOptions(
    Path model,
    Path output,
    List<ConstraintOptions> constraints,
    List<String> methods,
    List<Double> widths,
    List<Double> experts,
    Effort effort,
    CompressionOptions.Calibration calibration,
    EvaluationOptions evaluation,
    TextOptions texts) {
  public ComparisonOptions {
    constraints = List.copyOf(constraints);
    methods = List.copyOf(methods);
    widths = List.copyOf(widths);
    experts = List.copyOf(experts);
  }

  /** The same with other files of the same texts. */
  ComparisonOptions withTexts(UnaryOperator<List<Path>> files) {
    return new ComparisonOptions(
        model,
        output,
        constraints,
        methods,
        widths,
        experts,
        effort,
        calibration.withFiles(files.apply(calibration.files())),
        evaluation.withFiles(files.apply(evaluation.files())),
        texts);
  }

  /**
   * Begins a description in which all methods are compared and no text is evaluated.
   *
   * @param model folder of the checkpoint to read
   * @param output folder of the results
   */
  public static Builder builder(Path model, Path output) {
    return new Builder(model, output);
  }

  /** Options that are named one by one; what is not named keeps its default. */
  public static final class Builder {
    private final Path model;
    private final Path output;
    private List<ConstraintOptions> constraints = List.of();
    private List<String> methods = List.of();
    private List<Double> widths = List.of();
    private List<Double> experts = List.of();
    private Effort effort = SolverOptions.EFFORT;
    private CompressionOptions.Calibration calibration =
        CompressionOptions.Calibration.of(List.of());
    private EvaluationOptions evaluation = EvaluationOptions.NONE;
    private TextOptions texts = TextOptions.DEFAULT;

    private Builder(Path model, Path output) {
      this.model = model;
      this.output = output;
    }

    public Builder constraints(List<ConstraintOptions> wanted) {
      constraints = wanted;
      return this;
    }

    /** By default all that can serve a constraint. */
    public Builder methods(List<String> names) {
      methods = names;
      return this;
    }

    /** By default none. */
    public Builder widths(List<Double> shares) {
      widths = shares;
      return this;
    }

    /** By default none. */
    public Builder experts(List<Double> removed) {
      experts = removed;
      return this;
    }

    public Builder effort(Effort wanted) {
      effort = wanted;
      return this;
    }

    public Builder calibration(CompressionOptions.Calibration wanted) {
      calibration = wanted;
      return this;
    }

    public Builder evaluation(EvaluationOptions wanted) {
      evaluation = wanted;
      return this;
    }

    /** By default the field is found, and windows begin as the model knows them. */
    public Builder texts(TextOptions wanted) {
      texts = wanted;
      return this;
    }

    public ComparisonOptions build() {
      return new ComparisonOptions(
          model,
          output,
          constraints,
          methods,
          widths,
          experts,
          effort,
          calibration,
          evaluation,
          texts);
    }
  }
}
