// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.cli.print.Printable;
import dev.awp.cli.print.TextTable;
import dev.awp.report.PerplexityReport;
import dev.awp.report.PlanReport;
import dev.awp.report.ReportFile;
import dev.awp.report.page.HtmlReport;
import dev.awp.report.page.Markup;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A batch for people: tables on the terminal, and batch.html. */
final class BatchTables {
  static final String PAGE = "batch.html";

  private static final List<String> TITLES =
      List.of("end", "size", "relative error", "zeros", "ppl before", "ppl after", "KL", "time");

  private BatchTables() {}

  /** The runs side by side. */
  static void print(BatchReport report, PrintWriter out) {
    TextTable table = new TextTable(line("run", TITLES));
    report.runs().forEach(run -> table.add(line(run.name(), cells(run))));
    table.print(out);
    report.runs().stream()
        .filter(BatchReport.Run::failed)
        .forEach(run -> out.println(run.name() + ": " + run.sentence()));
  }

  private static List<String> line(String first, List<String> others) {
    return Stream.concat(Stream.of(first), others.stream()).toList();
  }

  /** What the dry run says, in the order in which the runs would begin. */
  static void print(List<PlannedRun> runs, PrintWriter out) {
    TextTable table = new TextTable("run", "output", "GFLOP", "memory", "packed", "about");
    for (PlannedRun planned : runs) {
      table.add(
          planned.run().name(),
          planned.refusal().map(_ -> "refused").orElse(words(planned.state())),
          planned.plan().map(p -> number("%.3g", planned.flops() / 1e9)).orElse("-"),
          planned.plan().map(p -> Printable.size(p.totals().memoryBytes())).orElse("-"),
          planned.plan().map(p -> Printable.size(p.totals().packedBytes())).orElse("-"),
          planned.plan().map(p -> Printable.clock(p.totals().seconds())).orElse("-"));
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
                out.println("  layers: " + constraints(plan));
                Stream.of(plan.structure(), plan.estimates(), plan.warnings())
                    .flatMap(List::stream)
                    .forEach(sentence -> out.println("  " + sentence));
              });
    }
  }

  private static String constraints(PlanReport plan) {
    return plan.layers().isEmpty()
        ? "none is compressed"
        : plan.layers().stream()
            .collect(
                Collectors.groupingBy(
                    layer -> layer.constraint() + " by " + layer.solver(),
                    LinkedHashMap::new,
                    Collectors.counting()))
            .entrySet()
            .stream()
            .map(entry -> "%s %s".formatted(entry.getValue(), entry.getKey()))
            .collect(Collectors.joining("; "));
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
    ReportFile.writeText(page(report), file);
  }

  static String page(BatchReport report) {
    Markup html = HtmlReport.begin("Batch " + report.batch(), "Compressed by awp " + report.awp());
    html.add(
        "<section>%n<h2>Runs</h2>%n<div class=\"scroll\" tabindex=\"0\" role=\"region\""
            + " aria-label=\"Runs\">%n<table>%n<thead><tr><th scope=\"col\">model</th>"
            + "<th scope=\"col\" class=\"text\">recipe</th>");
    TITLES.forEach(title -> html.add("<th scope=\"col\">%s</th>", title));
    html.add("</tr></thead>%n<tbody>%n");
    for (BatchReport.Run run : report.runs()) {
      html.add(
          "<tr><th scope=\"row\">%s</th><td class=\"text\">%s</td>",
          Markup.escape(run.model()), Markup.escape(run.recipe()));
      for (String cell : cells(run)) {
        html.add("<td>%s</td>", Markup.escape(cell));
      }
      html.add("</tr>%n");
    }
    html.add("</tbody>%n</table>%n</div>%n</section>%n");
    failures(html, report.runs().stream().filter(BatchReport.Run::failed).toList());
    new BatchPictures(report).add(html);
    return HtmlReport.end(html);
  }

  private static void failures(Markup html, List<BatchReport.Run> failed) {
    if (failed.isEmpty()) {
      return;
    }
    html.add("<section>%n<h2>Failures</h2>%n<table class=\"pairs\">%n");
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
        Printable.size(result.bytes()),
        number("%.4g", result.summary().meanRelativeError()),
        number("%.1f %%", 100 * result.summary().sparsity()),
        text.map(p -> number("%.4f", p.before())).orElse(""),
        text.map(p -> number("%.4f", p.after())).orElse(""),
        text.filter(p -> p.divergence().isMeasured())
            .map(p -> number("%.5f", p.divergence().divergence().value()))
            .orElse(""),
        Printable.clock(result.summary().seconds()));
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
