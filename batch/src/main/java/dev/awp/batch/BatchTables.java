// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.AwpException;
import dev.awp.cli.print.TextTable;
import dev.awp.report.PerplexityReport;
import dev.awp.report.page.HtmlReport;
import dev.awp.report.page.Markup;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A batch for people: tables on the terminal, and batch.html. */
final class BatchTables {
  static final String PAGE = "batch.html";

  private static final List<String> TITLES =
      List.of("end", "size", "relative error", "zeros", "ppl before", "ppl after", "KL", "time");

  private BatchTables() {}

  /** The runs side by side. */
  static void print(BatchReport report, PrintWriter out) {
    TextTable table =
        new TextTable(
            "run",
            "end",
            "size",
            "relative error",
            "zeros",
            "ppl before",
            "ppl after",
            "KL",
            "time");
    for (BatchReport.Run run : report.runs()) {
      List<String> cells = cells(run);
      table.add(
          run.name(),
          cells.get(0),
          cells.get(1),
          cells.get(2),
          cells.get(3),
          cells.get(4),
          cells.get(5),
          cells.get(6),
          cells.get(7));
    }
    table.print(out);
    report.runs().stream()
        .filter(BatchReport.Run::failed)
        .forEach(run -> out.println(run.name() + ": " + run.sentence()));
  }

  /** What the dry run says, in the order in which the runs would begin. */
  static void print(List<PlannedRun> runs, PrintWriter out) {
    TextTable table = new TextTable("run", "output", "GFLOP", "memory", "packed", "about");
    for (PlannedRun planned : runs) {
      table.add(
          planned.run().name(),
          planned.refusal().map(_ -> "refused").orElse(words(planned.state())),
          planned.plan().map(p -> number("%.3g", planned.flops() / 1e9)).orElse("-"),
          planned.plan().map(p -> size(p.totals().memoryBytes())).orElse("-"),
          planned.plan().map(p -> size(p.totals().packedBytes())).orElse("-"),
          planned.plan().map(p -> BatchProgress.clock(p.totals().seconds())).orElse("-"));
    }
    table.print(out);
    for (PlannedRun planned : runs) {
      out.println();
      out.println(planned.run().name() + ":");
      out.println("  awp " + BatchRun.quoted(planned.run().command()));
      planned.refusal().ifPresent(sentence -> out.println("  refused: " + sentence));
      planned
          .plan()
          .ifPresent(
              plan -> {
                out.println(
                    "  %s layers (%s)"
                        .formatted(
                            plan.layers().size(),
                            String.join(
                                "; ",
                                plan.layers().stream()
                                    .map(layer -> layer.constraint() + " by " + layer.solver())
                                    .distinct()
                                    .toList())));
                plan.warnings().forEach(warning -> out.println("  " + warning));
              });
    }
  }

  private static String words(OutputState state) {
    return switch (state) {
      case MISSING -> "to write";
      case UNFINISHED -> "to go on with";
      case FINISHED -> "finished";
    };
  }

  /** Writes the page; by a sibling file, so that it is whole or not there. */
  static void writePage(BatchReport report, Path file) {
    Path sibling = file.resolveSibling(file.getFileName() + ".partial");
    try {
      Files.writeString(sibling, page(report));
      Files.move(sibling, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new AwpException(file + ": the report cannot be written: " + e.getMessage(), e);
    }
  }

  static String page(BatchReport report) {
    Markup html = HtmlReport.begin("Batch " + report.batch(), "Compressed by awp " + report.awp());
    html.add(
        "<section>%n<h2>Runs</h2>%n<div class=\"scroll\" tabindex=\"0\" role=\"region\""
            + " aria-label=\"Runs\">%n<table>%n<thead><tr><th>model</th><th"
            + " class=\"text\">recipe</th>");
    TITLES.forEach(title -> html.add("<th>%s</th>", title));
    html.add("</tr></thead>%n<tbody>%n");
    for (BatchReport.Run run : report.runs()) {
      html.add(
          "<tr><th>%s</th><td class=\"text\">%s</td>",
          Markup.escape(run.model()), Markup.escape(run.recipe()));
      for (String cell : cells(run)) {
        html.add("<td>%s</td>", Markup.escape(cell));
      }
      html.add("</tr>%n");
    }
    html.add("</tbody>%n</table>%n</div>%n</section>%n");
    section(html, "Failures", report.runs().stream().filter(BatchReport.Run::failed).toList());
    return HtmlReport.end(html);
  }

  private static void section(Markup html, String title, List<BatchReport.Run> failed) {
    if (failed.isEmpty()) {
      return;
    }
    html.add("<section>%n<h2>%s</h2>%n<table class=\"pairs\">%n", title);
    for (BatchReport.Run run : failed) {
      html.add(
          "<tr><th>%s</th><td>%s</td></tr>%n",
          Markup.escape(run.name()), Markup.escape(run.sentence()));
    }
    html.add("</table>%n</section>%n");
  }

  /** Values of a run in the order of the titles; perplexity is that of the first text. */
  private static List<String> cells(BatchReport.Run run) {
    if (run.result().isEmpty()) {
      return List.of(run.end(), "", "", "", "", "", "", "");
    }
    BatchReport.Result result = run.result().getFirst();
    Optional<PerplexityReport> text = result.perplexity().stream().findFirst();
    return List.of(
        run.end(),
        size(result.bytes()),
        number("%.4g", result.summary().meanRelativeError()),
        number("%.1f %%", 100 * result.summary().sparsity()),
        text.map(p -> number("%.4f", p.before())).orElse(""),
        text.map(p -> number("%.4f", p.after())).orElse(""),
        text.filter(p -> p.divergence().isMeasured())
            .map(p -> number("%.5f", p.divergence().divergence().value()))
            .orElse(""),
        BatchProgress.clock(result.summary().seconds()));
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static String size(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB"};
    double value = bytes;
    int unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return number(value < 10 && unit > 0 ? "%.2f " : "%.0f ", value) + units[unit];
  }
}
