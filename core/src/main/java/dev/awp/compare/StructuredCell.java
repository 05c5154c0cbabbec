// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compare;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Start;
import dev.awp.compress.StructureOptions;
import dev.awp.compress.structured.BlockMeasures;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.disk.Folders;
import dev.awp.model.ModelLayout;
import dev.awp.recipe.Recipe;
import dev.awp.report.ComparisonReport;
import dev.awp.report.ModelSize;
import dev.awp.report.RunReport;
import dev.awp.report.StructureReport.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A model without a share of its linear weights, as whole neurons and heads: a run of the
 * structured pass, of which only the numbers are kept.
 *
 * @param share of the linear weights that is removed
 * @param by how neurons and heads are chosen
 */
record StructuredCell(double share, String by) {
  /** What is wanted, in words. */
  String words() {
    return String.format(Locale.ROOT, "%s %% fewer neurons and heads", 100 * share);
  }

  StructureOptions options() {
    return StructureOptions.width(share, by, BlockMeasures.standard().name());
  }

  ComparisonReport.Cell run(
      ComparisonOptions options, String version, Compute compute, CompressionListener listener) {
    Path folder = options.output().resolve("pruned");
    CompressionOptions wanted =
        CompressionOptions.builder(options.model(), folder)
            .recipe(Recipe.NOTHING)
            .structure(options())
            .calibration(options.calibration())
            .evaluation(options.evaluation())
            .texts(options.texts())
            .build();
    RunReport report = Compressor.run(wanted, Start.RESTART, version, compute, listener);
    ModelSize size;
    try (Checkpoint pruned = Checkpoints.open(folder)) {
      size = PackedModel.size(pruned, ModelLayout.of(pruned.config()), Optional.empty());
    }
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be removed: " + e.getMessage(), e);
    }
    List<Part> parts = report.structure().getFirst().parts();
    RunReport.Summary summary = report.summary();
    return new ComparisonReport.Cell(
        words(),
        by,
        new RunReport.Summary(
            parts.size(),
            summary.weights(),
            parts.stream().mapToDouble(Part::relativeError).average().orElse(0),
            report.structure().getFirst().share(),
            summary.seconds()),
        size,
        0,
        report.perplexity(),
        List.of());
  }
}
