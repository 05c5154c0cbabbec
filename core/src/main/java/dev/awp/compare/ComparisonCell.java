// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compare;

import dev.awp.calibration.SeenInputs;
import dev.awp.calibration.SiteMoments;
import dev.awp.calibration.saved.SavedMoments;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.ConstraintOptions;
import dev.awp.compress.plan.RunChecks;
import dev.awp.compress.plan.Schemes;
import dev.awp.compress.run.ModelOutput;
import dev.awp.compress.walk.LayerCompressor;
import dev.awp.compute.Compute;
import dev.awp.eval.Evaluator;
import dev.awp.eval.References;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.registry.OutputFormats;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.ComparisonReport;
import dev.awp.report.LayerReport;
import dev.awp.report.PerplexityReport;
import dev.awp.report.RunReport;
import dev.awp.solver.SharedFactors;
import dev.awp.solver.Solver;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Compresses the model by one method, evaluates what was written beside the original, and keeps
 * nothing of it but what the original makes of the texts.
 */
final class ComparisonCell implements AutoCloseable {
  private final Path output;
  private final Checkpoint checkpoint;
  private final ModelLayout layout;
  private final SavedMoments statistics;
  private final Evaluator evaluator;
  private final Compute compute;
  private final CompressionListener listener;
  private Optional<References> original = Optional.empty();

  ComparisonCell(
      Path output,
      Checkpoint checkpoint,
      ModelLayout layout,
      SavedMoments statistics,
      Evaluator evaluator,
      Compute compute,
      CompressionListener listener) {
    this.output = output;
    this.checkpoint = checkpoint;
    this.layout = layout;
    this.statistics = statistics;
    this.evaluator = evaluator;
    this.compute = compute;
    this.listener = listener;
  }

  ComparisonReport.Cell run(ConstraintOptions constraint, String words, Solver solver) {
    if (original.isEmpty()) {
      original = Optional.of(evaluator.references(checkpoint::tensor, output));
    }
    List<LayerReport> layers = new ArrayList<>();
    List<OutputFormat> dense = List.of(OutputFormats.DENSE);
    Schemes schemes = Schemes.uniform(layout.linears(), constraint, solver);
    ModelPlan plan = RunChecks.plan(checkpoint, layout, schemes, dense, Long.MAX_VALUE);
    // Never committed: closing removes the folder.
    try (ModelOutput written =
        ModelOutput.create(output.resolve("model"), dense, plan, compute.kernels(), "")) {
      LayerCompressor compressor = new LayerCompressor(schemes, plan, written, compute, listener);
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      for (LinearLayer linear : layout.linears()) {
        try (Arena arena = Arena.ofShared()) {
          Matrix w = model.weights(linear, arena);
          SiteMoments moments = statistics.block(linear.block());
          SeenInputs inputs = moments.inputs(linear.site());
          Matrix c = moments.finish(linear.site(), linear.name(), arena);
          layers.add(compressor.compress(linear, w, w, c, SharedFactors.none(), inputs));
        }
      }
      List<PerplexityReport> perplexity = evaluator.compare(original.orElseThrow(), written::read);
      double seconds = LayerReport.seconds(layers);
      double cost = layers.stream().mapToDouble(LayerReport::gemmEquivalents).average().orElse(0);
      return new ComparisonReport.Cell(
          words,
          solver.name(),
          RunReport.Summary.of(layers, seconds),
          PackedModel.size(checkpoint, layout, Optional.of(constraint)),
          cost,
          perplexity,
          layers);
    }
  }

  @Override
  public void close() {
    original.ifPresent(References::close);
  }
}
