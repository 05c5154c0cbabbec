// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointWriter;
import dev.awp.constraint.Constraint;
import dev.awp.format.DenseFormat;
import dev.awp.kernel.Compute;
import dev.awp.model.LinearLayer;
import dev.awp.report.LayerReport;
import dev.awp.report.LayerReport.TracePoint;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.SharedFactors;
import dev.awp.solver.Solution;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/** One layer: solve, write, read back, and report what the file holds. */
final class LayerCompressor {
  private final LayerPlan plan;
  private final Checkpoint checkpoint;
  private final DenseFormat format;
  private final Compute compute;
  private final CompressionListener listener;

  LayerCompressor(
      LayerPlan plan,
      Checkpoint checkpoint,
      CheckpointWriter writer,
      Compute compute,
      CompressionListener listener) {
    this.plan = plan;
    this.checkpoint = checkpoint;
    this.format = new DenseFormat(writer, compute.kernels());
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
   */
  LayerReport compress(
      LinearLayer linear, Matrix w, Matrix target, Matrix c, SharedFactors factors) {
    long start = System.nanoTime();
    DType storage = checkpoint.tensor(linear.weight()).dtype();
    LayerPlan.Scheme scheme = plan.scheme(linear);
    Constraint constraint = scheme.constraint().forStorage(storage);
    try (Arena arena = Arena.ofShared()) {
      Solution solution =
          scheme
              .solver()
              .solve(
                  new LayerProblem(target, c, constraint, factors),
                  compute,
                  arena,
                  (record, dense) ->
                      listener.iteration(
                          linear.name(),
                          record.iteration(),
                          Objective.relative(record.objective(), dense)));
      format.write(linear, storage, solution);
      DenseFormat.Written read = format.readBack(linear, arena);
      double objective = Objective.of(target, read.weights(), c, compute);
      double drift = target == w ? 0 : Objective.of(w, target, c, compute);
      double sparsity = shareOfZeros(read.weights());
      return new LayerReport(
          linear.name(),
          read.view().file().getFileName().toString(),
          linear.rows(),
          linear.columns(),
          storage.name(),
          constraint.describe(),
          scheme.solver().name(),
          solution.denseObjective(),
          objective,
          Objective.relative(objective, solution.denseObjective()),
          Objective.relative(drift, solution.denseObjective()),
          sparsity,
          solution.iterations(),
          solution.stop().name(),
          solution.gemmEquivalents(),
          solution.damping(),
          (System.nanoTime() - start) / 1e9,
          solution.trace().stream()
              .map(point -> new TracePoint(point.iteration(), point.objective()))
              .toList());
    }
  }

  private double shareOfZeros(Matrix t) {
    long nonZeros = 0;
    for (int r = 0; r < t.rows(); r++) {
      nonZeros += compute.kernels().selection().countNonZero(t.row(r));
    }
    return t.size() == 0 ? 0 : 1 - (double) nonZeros / t.size();
  }
}
