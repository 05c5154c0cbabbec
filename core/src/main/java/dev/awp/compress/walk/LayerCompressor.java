// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.calibration.SeenInputs;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.run.ModelOutput;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.model.LinearLayer;
import dev.awp.report.LayerReport;
import dev.awp.report.LayerReport.TracePoint;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.SharedFactors;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.precision.PrecisionCheck;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.function.Consumer;

/** One layer: solve, write, read back, and report what the file holds. */
public final class LayerCompressor {
  private final Schemes schemes;
  private final ModelPlan plan;
  private final ModelOutput output;
  private final Compute compute;
  private final CompressionListener listener;

  public LayerCompressor(
      Schemes schemes,
      ModelPlan plan,
      ModelOutput output,
      Compute compute,
      CompressionListener listener) {
    this.schemes = schemes;
    this.plan = plan;
    this.output = output;
    this.compute = compute;
    this.listener = listener;
  }

  /**
   * Compresses a layer.
   *
   * @param w its weights
   * @param target what it should be on these inputs: w, or what makes up for the drift of its
   *     inputs
   * @param c the second moment of its inputs
   * @param factors of c
   * @param inputs what c is the mean of
   */
  public LayerReport compress(
      LinearLayer linear,
      Matrix w,
      Matrix target,
      Matrix c,
      SharedFactors factors,
      SeenInputs inputs) {
    return compress(linear, w, target, c, factors, inputs, _ -> {});
  }

  /**
   * The same.
   *
   * @param solutions sees what the solver found; valid during the call only
   */
  LayerReport compress(
      LinearLayer linear,
      Matrix w,
      Matrix target,
      Matrix c,
      SharedFactors factors,
      SeenInputs inputs,
      Consumer<Solution> solutions) {
    long start = System.nanoTime();
    LayerPlan layer = plan.layer(linear);
    Constraint constraint = layer.constraint();
    Solver solver = schemes.scheme(linear).solver();
    LayerProblem problem = new LayerProblem(target, c, constraint, factors, inputs.tokens());
    try (Arena arena = Arena.ofShared();
        PrecisionCheck.Solved solved =
            new PrecisionCheck()
                .solve(
                    problem,
                    solver,
                    compute,
                    (record, dense) ->
                        listener.iteration(
                            linear.name(),
                            record.iteration(),
                            Objective.relative(record.objective(), dense)))) {
      Solution solution = solved.solution();
      output.write(linear, solution);
      solutions.accept(solution);
      StoredTensor stored = output.read(arena).tensor(linear.weight());
      Matrix t = new TensorReader(compute.kernels()).matrix(stored, arena);
      double objective = Objective.of(target, t, c, compute);
      double drift = target == w ? 0 : Objective.of(w, target, c, compute);
      double sparsity = shareOfZeros(t);
      return LayerReport.of(linear.name(), linear.rows(), linear.columns())
          .stored(fileName(stored), layer.dtype().name())
          .constraint(constraint)
          .solver(solver.name())
          .precision(solved.precision().label())
          .objectives(solution.denseObjective(), objective)
          .drift(drift)
          .sparsity(sparsity)
          .stopped(solution.iterations(), solution.stop().name())
          .gemmEquivalents(solution.gemmEquivalents())
          .damping(solution.damping())
          .seconds((System.nanoTime() - start) / 1e9)
          .trace(
              solution.trace().stream()
                  .map(point -> new TracePoint(point.iteration(), point.objective()))
                  .toList())
          .inputs(new LayerReport.Inputs(inputs.tokens(), inputs.everyToken(), inputs.precision()))
          .build();
    }
  }

  /** Path inside the output folder, with slashes on every system. */
  private String fileName(StoredTensor stored) {
    return output.workFolder().relativize(stored.file()).toString().replace('\\', '/');
  }

  private double shareOfZeros(Matrix t) {
    return shareOfZeros(t, compute);
  }

  static double shareOfZeros(Matrix t, Compute compute) {
    long nonZeros = 0;
    for (int r = 0; r < t.rows(); r++) {
      nonZeros += compute.kernels().selection().countNonZero(t.row(r));
    }
    return t.size() == 0 ? 0 : 1 - (double) nonZeros / t.size();
  }
}
