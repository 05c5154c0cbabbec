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
import dev.awp.compress.StructureOptions.Experts;
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
import dev.awp.structured.choice.UnitChoices;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A model without some of its neurons and heads, or of its experts: a run of the structured pass,
 * of which only the numbers are kept.
 *
 * @param words what is wanted
 * @param by how the parts that stay are chosen
 * @param structure both for the pass
 */
record StructuredCell(String words, String by, StructureOptions structure) {
  /**
   * Without a share of the linear weights, as whole neurons and heads.
   *
   * @param share of the linear weights that is removed
   * @param by how neurons and heads are chosen
   */
  static StructuredCell width(double share, String by) {
    return new StructuredCell(
        percent(share) + " fewer neurons and heads",
        by,
        StructureOptions.width(share, by, BlockMeasures.standard().name()));
  }

  /**
   * Without some experts of every mixture.
   *
   * @param removed below 1 the share of them, else how many
   */
  static StructuredCell experts(double removed, String by) {
    String many = removed < 1 ? percent(removed) : "%s".formatted((int) removed);
    return new StructuredCell(
        many + " fewer experts",
        by,
        StructureOptions.experts(
            new Experts(removed, by),
            UnitChoices.standard().name(),
            BlockMeasures.standard().name()));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%s %%", 100 * share);
  }

  ComparisonReport.Cell run(
      ComparisonOptions options, String version, Compute compute, CompressionListener listener) {
    Path folder = options.output().resolve("pruned");
    CompressionOptions wanted =
        CompressionOptions.builder(options.model(), folder)
            .recipe(Recipe.NOTHING)
            .structure(structure)
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
        words,
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
