// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.ComparisonReport;
import dev.awp.report.ComparisonReport.Cell;
import dev.awp.report.ModelSize;
import dev.awp.report.PerplexityReport;
import dev.awp.report.page.Pictures.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** comparison.html: what comparison.json says, for people. */
final class ComparisonPage {
  private static final String SIZES =
      " The size is that of all tensors once codes are packed; zeros that lie scattered make none"
          + " smaller. A line goes through what nothing else beats in both.";

  private final ComparisonReport report;
  private final Markup html;

  private ComparisonPage(ComparisonReport report, Markup html) {
    this.report = report;
    this.html = html;
  }

  /** A way to read a text's figures. */
  private record Measure(String name, String axis, ToDoubleFunction<PerplexityReport> of) {}

  private static final Measure DIVERGENCE =
      new Measure(
          "KL divergence",
          "KL divergence, nats a token",
          text -> text.divergence().divergence().value());

  private static final Measure PERPLEXITY =
      new Measure("Perplexity", "perplexity", PerplexityReport::after);

  static String page(ComparisonReport report) {
    String model = report.options().getOrDefault("model", "a model").toString();
    Markup html = HtmlReport.begin("Comparison: " + model, "Compared by awp " + report.awp());
    ComparisonPage page = new ComparisonPage(report, html);
    page.figures();
    page.costs();
    page.table();
    page.map();
    page.convergence();
    page.time();
    html.add("<section>%n<h2>Options</h2>%n%s</section>%n", ReportTables.pairs(report.options()));
    html.add(
        "<section>%n<h2>Machine</h2>%n%s</section>%n", ReportTables.pairs(report.environment()));
    return HtmlReport.end(html);
  }

  private static String name(Cell cell) {
    return cell.constraint() + ", " + cell.method();
  }

  private List<PerplexityReport> texts() {
    return report.cells().stream().map(Cell::perplexity).findFirst().orElse(List.of());
  }

  private static OptionalDouble value(Cell cell, String text, Measure measure) {
    return cell.perplexity().stream()
        .filter(some -> some.file().equals(text))
        .mapToDouble(measure.of())
        .findFirst();
  }

  private void figures() {
    html.add("<dl class=\"figures\">%n");
    long constraints = report.cells().stream().map(Cell::constraint).distinct().count();
    HtmlReport.figure(
        html,
        "Cells",
        String.valueOf(report.cells().size()),
        constraints + (constraints == 1 ? " constraint" : " constraints"));
    if (report.model().bytes() > 0) {
      HtmlReport.figure(
          html,
          "Size of the original",
          Unit.bytes((double) report.model().bytes()),
          "all of its tensors");
    }
    for (PerplexityReport text : texts()) {
      HtmlReport.figure(
          html, "Perplexity on " + text.file(), Pictures.number(text.before()), "of the original");
    }
    HtmlReport.figure(
        html,
        "Time",
        ReportTables.seconds(report.cells().stream().mapToDouble(c -> c.summary().seconds()).sum()),
        "of all solves");
    html.add("</dl>%n");
  }

  private void costs() {
    List<PerplexityReport> texts = texts();
    for (int i = 0; i < texts.size(); i++) {
      PerplexityReport text = texts.get(i);
      if (report.cells().stream().anyMatch(cell -> isMeasured(cell, text.file()))) {
        bySize("divergence-" + i, text, DIVERGENCE, 0);
      }
      bySize("perplexity-" + i, text, PERPLEXITY, text.before());
      bySpeed("speed-" + i, text);
    }
    if (texts.isEmpty()) {
      errorBySize();
    }
  }

  private static boolean isMeasured(Cell cell, String file) {
    return cell.perplexity().stream()
        .anyMatch(text -> text.file().equals(file) && text.divergence().isMeasured());
  }

  private void bySize(String id, PerplexityReport text, Measure measure, double before) {
    Figures figures = new Figures(id + ".csv", "constraint", "method", "bytes", measure.name());
    Unit unit = Unit.ofBytes(most(ModelSize::bytes));
    List<ScatterPlot.Point> points = new ArrayList<>();
    original(points, unit.in((double) report.model().bytes()), before, unit.name());
    figures.add("original", "", report.model().bytes(), before);
    for (Cell cell : report.cells()) {
      value(cell, text.file(), measure)
          .ifPresent(
              value -> {
                figures.add(cell.constraint(), cell.method(), cell.size().bytes(), value);
                point(cell, unit.in((double) cell.size().bytes()), unit.name(), value, points);
              });
    }
    String title = measure.name() + " against size, " + text.file();
    plot(
        new ScatterPlot.Labels(title, SIZES.strip(), "size, " + unit.name(), measure.axis(), true),
        id,
        points,
        measure.name() + " on " + text.file() + "." + SIZES,
        figures);
  }

  private void bySpeed(String id, PerplexityReport text) {
    Figures figures =
        new Figures(
            id + ".csv",
            "constraint",
            "method",
            "bytes a token",
            "times as fast at most",
            "perplexity");
    List<ScatterPlot.Point> points = new ArrayList<>();
    double own = report.model().bytesPerToken();
    original(points, 1, text.before(), "times as fast");
    figures.add("original", "", report.model().bytesPerToken(), 1.0, text.before());
    for (Cell cell : report.cells()) {
      value(cell, text.file(), PERPLEXITY)
          .ifPresent(
              value -> {
                double speed = own / cell.size().bytesPerToken();
                figures.add(
                    cell.constraint(), cell.method(), cell.size().bytesPerToken(), speed, value);
                point(cell, speed, "times as fast", value, points);
              });
    }
    String title = "Perplexity against speed, " + text.file();
    String caption =
        "How many times fewer bytes a token reads than of the original: a program that waits for"
            + " memory, one sequence at a time, is at most so many times as fast. It is no"
            + " measurement.";
    plot(
        new ScatterPlot.Labels(title, caption, "times as fast at most", "perplexity", false),
        id,
        points,
        caption,
        figures);
  }

  private void errorBySize() {
    Figures figures =
        new Figures("errors.csv", "constraint", "method", "bytes", "mean relative error");
    Unit unit = Unit.ofBytes(most(ModelSize::bytes));
    List<ScatterPlot.Point> points = new ArrayList<>();
    for (Cell cell : report.cells()) {
      double error = cell.summary().meanRelativeError();
      figures.add(cell.constraint(), cell.method(), cell.size().bytes(), error);
      point(cell, unit.in((double) cell.size().bytes()), unit.name(), error, points);
    }
    plot(
        new ScatterPlot.Labels(
            "Error against size",
            "Mean relative error of the layers against the size of the model.",
            "size, " + unit.name(),
            "mean of f(T) / f(0)",
            true),
        "error-size",
        points,
        "Mean of f(T) / f(0) over the layers; no text was evaluated." + SIZES,
        figures);
  }

  private double most(ToDoubleFunction<ModelSize> of) {
    return report.cells().stream()
        .map(Cell::size)
        .mapToDouble(of)
        .reduce(of.applyAsDouble(report.model()), Math::max);
  }

  private void original(List<ScatterPlot.Point> points, double x, double y, String unit) {
    if (report.model().bytes() > 0) {
      points.add(
          new ScatterPlot.Point(
              "original",
              "original",
              x,
              y,
              "original: %s %s, %s".formatted(Pictures.number(x), unit, Pictures.number(y)),
              true));
    }
  }

  private static void point(
      Cell cell, double x, String unit, double y, List<ScatterPlot.Point> points) {
    if (cell.size().bytes() > 0) {
      points.add(
          new ScatterPlot.Point(
              cell.method(),
              name(cell),
              x,
              y,
              "%s: %s %s, %s".formatted(name(cell), Pictures.number(x), unit, Pictures.number(y)),
              false));
    }
  }

  private void plot(
      ScatterPlot.Labels labels,
      String id,
      List<ScatterPlot.Point> points,
      String caption,
      Figures figures) {
    long left = report.cells().stream().filter(cell -> cell.size().bytes() == 0).count();
    long odd = points.stream().filter(point -> !ScatterPlot.isDrawn(point)).count();
    String more =
        (left == 0
                ? ""
                : " Left out: cells of an earlier version, of unknown size (%s).".formatted(left))
            + (odd == 0 ? "" : " Left out: cells without a finite number (%s).".formatted(odd));
    Pictures.section(
        html, labels.title(), caption + more, ScatterPlot.draw(id, labels, points), figures);
  }

  private void table() {
    html.add(
        "<section>%n<h2>Cells</h2>%n<div class=\"scroll tall\" tabindex=\"0\" role=\"region\""
            + " aria-label=\"Cells\">%n<table>%n<thead><tr><th scope=\"col\">constraint</th>"
            + "<th scope=\"col\" class=\"text\">method</th><th scope=\"col\">size</th>"
            + "<th scope=\"col\">relative error</th>");
    texts()
        .forEach(
            text ->
                html.add(
                    "<th scope=\"col\">perplexity, %s</th><th scope=\"col\">KL</th>",
                    Markup.escape(text.file())));
    html.add("<th scope=\"col\">seconds</th></tr></thead>%n<tbody>%n");
    for (Cell cell : report.cells()) {
      html.add(
          "<tr><th scope=\"row\">%s</th><td class=\"text\">%s</td><td>%s</td><td>%s</td>",
          Markup.escape(cell.constraint()),
          Markup.escape(cell.method()),
          cell.size().bytes() == 0 ? "" : Unit.bytes((double) cell.size().bytes()),
          Pictures.number(cell.summary().meanRelativeError()));
      for (PerplexityReport text : texts()) {
        html.add(
            "<td>%s</td><td>%s</td>",
            number(value(cell, text.file(), PERPLEXITY)),
            isMeasured(cell, text.file()) ? number(value(cell, text.file(), DIVERGENCE)) : "");
      }
      html.add("<td>%.2f</td></tr>%n", cell.summary().seconds());
    }
    html.add("</tbody></table></div>%n</section>%n");
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? Pictures.number(value.getAsDouble()) : "";
  }

  private void map() {
    ModelMap.errors(
        html,
        "Where in the model",
        "cell",
        List.of("constraint", "method"),
        report.cells().stream()
            .map(
                cell ->
                    new ModelMap.Row(
                        name(cell),
                        List.of(cell.constraint(), cell.method()),
                        LayerPlace.meanErrors(cell.layers())))
            .toList());
  }

  private void convergence() {
    boolean traced =
        report.cells().stream()
            .flatMap(cell -> cell.layers().stream())
            .anyMatch(layer -> !layer.trace().isEmpty());
    if (!traced) {
      return;
    }
    Figures figures =
        new Figures("convergence.csv", "constraint", "method", "iteration", "sqrt(f(T) / f(0))");
    for (Cell cell : report.cells()) {
      ConvergencePlot.errors(cell)
          .forEach((at, error) -> figures.add(cell.constraint(), cell.method(), at, error));
    }
    Pictures.section(
        html,
        "Convergence",
        "Mean of sqrt(f(T) / f(0)) over the layers against the iteration, as in Figure 1 of the AWP"
            + " paper; a dot where a method ends.",
        new Picture(ConvergencePlot.inPage(report), ""),
        figures);
  }

  private void time() {
    Figures figures = new Figures("seconds.csv", "constraint", "method", "seconds");
    List<BarChart.Bar> bars = new ArrayList<>();
    for (Cell cell : report.cells()) {
      double seconds = cell.summary().seconds();
      figures.add(cell.constraint(), cell.method(), seconds);
      String words = ReportTables.seconds(seconds);
      bars.add(
          new BarChart.Bar(
              name(cell),
              words,
              List.of(new BarChart.Part("solving", seconds, name(cell) + ": " + words))));
    }
    Pictures.section(
        html,
        "Time",
        "Seconds of each cell's solves; where neurons and heads are removed, of its whole run.",
        BarChart.draw("seconds", "Seconds of every cell", "A bar for each cell.", bars),
        figures);
  }
}
