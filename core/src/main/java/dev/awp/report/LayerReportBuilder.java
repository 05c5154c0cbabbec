// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import dev.awp.constraint.Constraint;
import dev.awp.solver.Objective;
import java.util.List;

/**
 * A {@link LayerReport} whose values are named one by one. Words must be given; numbers are 0 where
 * they are not.
 */
public final class LayerReportBuilder {
  private final String name;
  private final int rows;
  private final int columns;
  private String file;
  private String dtype;
  private String constraint;
  private ConstraintRule rule = ConstraintRule.NONE;
  private String solver;
  private String precision = "f32";
  private double denseObjective;
  private double objective;
  private double drift;
  private double sparsity;
  private int iterations;
  private String stopReason;
  private double gemmEquivalents;
  private double damping;
  private double seconds;
  private List<LayerReport.TracePoint> trace = List.of();
  private LayerReport.Inputs inputs;

  LayerReportBuilder(String name, int rows, int columns) {
    this.name = name;
    this.rows = rows;
    this.columns = columns;
  }

  /** Path inside the output folder, with slashes, and the element type there. */
  public LayerReportBuilder stored(String path, String type) {
    file = path;
    dtype = type;
    return this;
  }

  /** What the layer satisfies, in words and for programs. */
  public LayerReportBuilder constraint(Constraint wanted) {
    rule = ConstraintRule.of(wanted);
    return constraint(wanted.describe());
  }

  /** In words alone. */
  public LayerReportBuilder constraint(String words) {
    constraint = words;
    return this;
  }

  public LayerReportBuilder solver(String word) {
    solver = word;
    return this;
  }

  /** By default f32. */
  public LayerReportBuilder precision(String word) {
    precision = word;
    return this;
  }

  /**
   * Errors, from which the relative ones follow.
   *
   * @param dense f(0)
   * @param written f(T)
   */
  public LayerReportBuilder objectives(double dense, double written) {
    denseObjective = dense;
    objective = written;
    return this;
  }

  /** f of the layer's own weights, where the target is another. */
  public LayerReportBuilder drift(double ofWeights) {
    drift = ofWeights;
    return this;
  }

  public LayerReportBuilder sparsity(double share) {
    sparsity = share;
    return this;
  }

  public LayerReportBuilder stopped(int afterIterations, String reason) {
    iterations = afterIterations;
    stopReason = reason;
    return this;
  }

  public LayerReportBuilder gemmEquivalents(double cost) {
    gemmEquivalents = cost;
    return this;
  }

  public LayerReportBuilder damping(double added) {
    damping = added;
    return this;
  }

  public LayerReportBuilder seconds(double wall) {
    seconds = wall;
    return this;
  }

  public LayerReportBuilder trace(List<LayerReport.TracePoint> points) {
    trace = points;
    return this;
  }

  public LayerReportBuilder inputs(LayerReport.Inputs seen) {
    inputs = seen;
    return this;
  }

  /** The report; NullPointerException that names a word that was not given. */
  public LayerReport build() {
    return new LayerReport(
        name,
        file,
        rows,
        columns,
        dtype,
        constraint,
        rule,
        solver,
        precision,
        denseObjective,
        objective,
        Objective.relative(objective, denseObjective),
        Objective.relative(drift, denseObjective),
        sparsity,
        iterations,
        stopReason,
        gemmEquivalents,
        damping,
        seconds,
        trace,
        inputs,
        null);
  }
}
