// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.report.ComparisonReport;
import dev.awp.report.PerplexityReport;
import java.io.PrintWriter;
import java.util.Locale;

/** A comparison as a table: a line for each cell, the best of each constraint marked. */
public final class ComparisonTable {
  private ComparisonTable() {}

  public static void print(ComparisonReport report, PrintWriter out) {
    int constraintWidth =
        report.cells().stream().mapToInt(c -> c.constraint().length()).max().orElse(0);
    int methodWidth = report.cells().stream().mapToInt(c -> c.method().length()).max().orElse(0);
    String names = "%-" + (constraintWidth + 2) + "s%-" + (methodWidth + 2) + "s";
    out.printf(
        names + "%12s%8s%9s  %s%n",
        "constraint",
        "method",
        "error",
        "cost",
        "seconds",
        "perplexity");
    for (ComparisonReport.Cell cell : report.cells()) {
      out.printf(
          names + "%11.5f%s%8.1f%9.1f",
          cell.constraint(),
          cell.method(),
          cell.summary().meanRelativeError(),
          isBest(cell, report) ? "*" : " ",
          cell.meanGemmEquivalents(),
          cell.summary().seconds());
      for (PerplexityReport text : cell.perplexity()) {
        out.printf(
            Locale.ROOT, "  %s %.3f (before %.3f)", text.file(), text.after(), text.before());
        if (text.divergence().isMeasured()) {
          out.printf(
              Locale.ROOT,
              ", KL %.5f, same top %.2f %%",
              text.divergence().divergence().value(),
              100 * text.divergence().sameTop().value());
        }
      }
      out.println();
    }
    out.println(
        "error: mean of f(T) / f(0) over the layers, * the lowest of its constraint;"
            + " cost: mean in products with C (2 dOut dIn^2 flops);"
            + " KL: mean divergence of the next token's distribution from the original's, in nats;"
            + " same top: share of tokens for which both hold the same token for the likeliest");
  }

  private static boolean isBest(ComparisonReport.Cell cell, ComparisonReport report) {
    return report.cells().stream()
        .filter(other -> other.constraint().equals(cell.constraint()))
        .allMatch(
            other -> other.summary().meanRelativeError() >= cell.summary().meanRelativeError());
  }
}
