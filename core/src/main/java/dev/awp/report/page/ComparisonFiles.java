// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.AwpException;
import dev.awp.report.ComparisonReport;
import dev.awp.report.DivergenceReport;
import dev.awp.report.PerplexityReport;
import dev.awp.report.ReportFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a comparison leaves: comparison.json, .csv and .html, and convergence.svg. */
public final class ComparisonFiles {
  public static final String JSON = "comparison.json";
  public static final String CSV = "comparison.csv";
  public static final String PLOT = "convergence.svg";
  public static final String PAGE = "comparison.html";

  private ComparisonFiles() {}

  /** Writes all of them into a folder. */
  public static void write(ComparisonReport report, Path folder) {
    ReportFile.writeJson(report, folder.resolve(JSON));
    writeText(folder.resolve(CSV), csv(report));
    writeText(folder.resolve(PLOT), ConvergencePlot.svg(report));
    writeText(folder.resolve(PAGE), ComparisonPage.page(report));
  }

  private static void writeText(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /** One line for each cell and text, or for each cell where no text was evaluated. */
  static String csv(ComparisonReport report) {
    StringBuilder csv =
        new StringBuilder(
            "constraint,method,bytes,bytes_per_token,mean_relative_error,mean_gemm_equivalents,"
                + "sparsity,solve_seconds,"
                + "text,perplexity_before,perplexity_after,"
                + "perplexity_after_error,kl_mean,kl_mean_error,kl_median,kl_99,kl_max,same_top,"
                + "same_top_error,perplexity_ratio,perplexity_ratio_error\n");
    for (ComparisonReport.Cell cell : report.cells()) {
      String start =
          String.format(
              Locale.ROOT,
              "\"%s\",%s,%s,%s,%.6g,%.1f,%.4f,%.2f,",
              cell.constraint(),
              cell.method(),
              cell.size().bytes(),
              cell.size().bytesPerToken(),
              cell.summary().meanRelativeError(),
              cell.meanGemmEquivalents(),
              cell.summary().sparsity(),
              cell.summary().seconds());
      if (cell.perplexity().isEmpty()) {
        csv.append(start).append(",".repeat(12)).append('\n');
      }
      for (PerplexityReport text : cell.perplexity()) {
        csv.append(start)
            .append('"')
            .append(text.file().replace("\"", "\"\""))
            .append('"')
            .append(String.format(Locale.ROOT, ",%.4f,%.4f", text.before(), text.after()))
            .append(divergence(text))
            .append('\n');
      }
    }
    return csv.toString();
  }

  /** Empty fields where it was not measured. */
  private static String divergence(PerplexityReport text) {
    DivergenceReport divergence = text.divergence();
    return divergence.isMeasured()
        ? String.format(
            Locale.ROOT,
            ",%.4g,%.6g,%.3g,%.6g,%.6g,%.6g,%.6f,%.3g,%.6f,%.3g",
            text.afterError(),
            divergence.divergence().value(),
            divergence.divergence().standardError(),
            divergence.median(),
            divergence.percentile99(),
            divergence.maximum(),
            divergence.sameTop().value(),
            divergence.sameTop().standardError(),
            divergence.perplexityRatio().value(),
            divergence.perplexityRatio().standardError())
        : ",".repeat(10);
  }
}
