// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.awp.solver.Objective;
import java.util.List;
import java.util.Objects;

/**
 * What was done to one linear layer, as report.json tells it.
 *
 * @param name module name, such as "model.layers.0.self_attn.q_proj"
 * @param file the file of the output folder that holds the layer
 * @param rows dOut
 * @param columns dIn
 * @param dtype the stored element type
 * @param constraint the constraint in words
 * @param rule the constraint for programs
 * @param solver the solver's name
 * @param precision of the products that the solver repeats: f32, bf16 or bf16x3
 * @param denseObjective f(0) = tr(W C W^T): the squared error of leaving the layer out
 * @param objective f(T), recomputed from the file that was written
 * @param relativeError f(T) / f(0), and 0 where both are 0
 * @param targetDrift how far the target lies from the layer's own weights, in units of f(0): 0 with
 *     the dense target, and f is then the distance from W
 * @param sparsity the share of zeros in the written layer
 * @param iterations iterations of the solver
 * @param stopReason why the solver stopped
 * @param gemmEquivalents cost in units of 2 dOut dIn^2 flops
 * @param damping the most that was added to the diagonal of C to factor it, in units of its mean
 * @param seconds wall time of the solve, reading and writing included
 * @param trace f at the iterations where the solver knew it
 * @param inputs what C is the mean of
 * @param tuning what tuning the layer's block did, where it was tuned; f(T) is that of the tuned
 *     layer, which may be larger than the solver's
 */
public record LayerReport(
    String name,
    String file,
    int rows,
    int columns,
    String dtype,
    String constraint,
    ConstraintRule rule,
    String solver,
    String precision,
    double denseObjective,
    double objective,
    double relativeError,
    double targetDrift,
    double sparsity,
    int iterations,
    String stopReason,
    double gemmEquivalents,
    double damping,
    double seconds,
    List<TracePoint> trace,
    Inputs inputs,
    @JsonInclude(JsonInclude.Include.NON_NULL) Tuning tuning) {
  public LayerReport {
    requireNonNull(name, "name");
    requireNonNull(file, "file");
    requireNonNull(dtype, "dtype");
    requireNonNull(constraint, "constraint");
    requireNonNull(solver, "solver");
    requireNonNull(stopReason, "stopReason");
    // Reports that were written before there was a choice do not name it.
    precision = Objects.requireNonNullElse(precision, "f32");
    trace = List.copyOf(trace);
    // Reports of earlier versions have none.
    rule = rule == null ? ConstraintRule.NONE : rule;
  }

  /**
   * The same of a layer that was tuned after it was solved.
   *
   * @param tunedObjective f(T) of what was written then
   * @param zeros the share of zeros in it
   */
  public LayerReport tuned(double tunedObjective, double zeros, Tuning what) {
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
        tunedObjective,
        Objective.relative(tunedObjective, denseObjective),
        targetDrift,
        zeros,
        iterations,
        stopReason,
        gemmEquivalents,
        damping,
        seconds,
        trace,
        inputs,
        what);
  }

  /** Seconds of solving all of them. */
  public static double seconds(List<LayerReport> layers) {
    return layers.stream().mapToDouble(LayerReport::seconds).sum();
  }

  /**
   * What tuning a block did.
   *
   * @param blockErrorBefore mean over tokens of the squared error of the block's output, in units
   *     of the output's square, on calibration windows that were held out, with the solvers'
   *     weights
   * @param blockErrorAfter the same with the tuned ones; at most as large
   * @param steps after how many steps they were found; 0 where the solvers' weights stayed
   * @param solvedObjective f(T) of the layer as it was solved
   */
  public record Tuning(
      double blockErrorBefore, double blockErrorAfter, int steps, double solvedObjective) {}

  /**
   * Begins the report of a layer, whose values are then named.
   *
   * @param rows dOut
   * @param columns dIn
   */
  public static LayerReportBuilder of(String name, int rows, int columns) {
    return new LayerReportBuilder(name, rows, columns);
  }

  /**
   * f at an iteration.
   *
   * @param iteration 0 for the start
   * @param objective f(T)
   */
  public record TracePoint(int iteration, double objective) {}

  /**
   * The inputs whose second moment is C.
   *
   * @param tokens how many
   * @param everyToken whether the layer belongs to an expert that too few tokens were routed to, so
   *     that those that were not routed to it were taken too
   * @param precision of the products of the block that delivered them: f32, bf16 or bf16x3
   */
  public record Inputs(long tokens, boolean everyToken, String precision) {
    public Inputs {
      precision = Objects.requireNonNullElse(precision, "f32");
    }
  }
}
