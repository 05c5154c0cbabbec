// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.report.PerplexityReport;
import dev.awp.report.RunReport;
import dev.awp.report.StructureReport;
import java.io.PrintWriter;
import java.util.Locale;

/** The few numbers of a run that a person wants to see at its end. */
public final class SummaryTable {
  private SummaryTable() {}

  private static void print(StructureReport structure, PrintWriter out) {
    if (structure.before().experts() > 0) {
      out.printf(
          Locale.ROOT,
          "%s of %s experts stay in each mixture: %.1f %% of the linear weights fewer%n",
          structure.kept().experts(),
          structure.before().experts(),
          100 * structure.share());
      return;
    }
    out.printf(
        Locale.ROOT,
        structure.kept().sizes().isEmpty()
            ? "%s of %s blocks, %s of %s neurons, %s of %s key/value heads stay: %.1f %% of the"
                + " linear weights fewer%n"
            : "%s of %s blocks, up to %s of %s neurons, up to %s of %s key/value heads stay, by"
                + " block: %.1f %% of the linear weights fewer%n",
        structure.kept().blocks().size(),
        structure.before().blocks().size(),
        structure.kept().neurons(),
        structure.before().neurons(),
        structure.kept().groups(),
        structure.before().groups(),
        100 * structure.share());
    long silent = structure.kept().sizes().stream().filter(size -> !size.hasAttention()).count();
    if (silent > 0) {
      out.println(silent + " of these blocks have no attention");
    }
  }

  public static void print(RunReport report, PrintWriter out) {
    RunReport.Summary summary = report.summary();
    report.structure().forEach(structure -> print(structure, out));
    if (summary.layers() > 0 || report.structure().isEmpty()) {
      out.printf(
          Locale.ROOT,
          "%s layers, %,d weights: mean relative error %.4g, zeros %.1f %%, %.1f s%n",
          summary.layers(),
          summary.weights(),
          summary.meanRelativeError(),
          100 * summary.sparsity(),
          summary.seconds());
    }
    for (PerplexityReport perplexity : report.perplexity()) {
      out.printf(
          Locale.ROOT,
          "perplexity of %s (%s windows of %s tokens): before %.4f, after %.4f%n",
          perplexity.file(),
          perplexity.windows(),
          perplexity.sequenceLength(),
          perplexity.before(),
          perplexity.after());
      if (perplexity.divergence().isMeasured()) {
        EvaluationTable.print(perplexity.divergence(), out);
      }
    }
  }
}
