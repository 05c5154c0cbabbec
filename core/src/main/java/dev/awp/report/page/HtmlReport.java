// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.disk.OutputPlace;
import dev.awp.report.LayerReport;
import dev.awp.report.PerplexityReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.StructureReport;
import dev.awp.report.page.Pictures.Picture;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * report.html: what report.json says, for people. One file that needs nothing else, for light and
 * dark screens of any width; the same report gives the same bytes.
 */
public final class HtmlReport {
  public static final String NAME = "report.html";

  private HtmlReport() {}

  /** Writes the page into a folder; by a sibling file, so that it is whole or not there. */
  public static void write(RunReport report, Path output) {
    ReportFile.writeText(page(report), of(output));
  }

  /** Where the page of an output lies: in its folder, or beside it where it is one file. */
  public static Path of(Path output) {
    return OutputPlace.about(output, NAME);
  }

  /** The whole page. */
  static String page(RunReport report) {
    String model = report.options().getOrDefault("model", "a model").toString();
    String constraints = constraints(report.layers());
    String title = model + (constraints.isEmpty() ? "" : ": " + constraints);
    Markup html = begin(title, "Compressed by awp " + report.awp());
    figures(report, html);
    if (!report.perplexity().isEmpty()) {
      html.add("<section>%n<h2>Perplexity</h2>%n").add("%s", ReportTables.perplexity(report));
      List<PerplexityReport> measured =
          report.perplexity().stream().filter(text -> text.divergence().isMeasured()).toList();
      if (!measured.isEmpty()) {
        html.add("<h2>Divergence from the original</h2>%n")
            .add("%s", ReportTables.divergence(measured));
      }
      html.add("</section>%n");
    }
    if (!report.warnings().isEmpty()) {
      html.add("<section>%n<h2>Warnings</h2>%n<ul>%n");
      for (String warning : report.warnings()) {
        html.add("<li>%s</li>%n", Markup.escape(warning));
      }
      html.add("</ul>%n</section>%n");
    }
    report.budget().forEach(budget -> CostPictures.budget(budget, html));
    ModelMap.sections(report.layers(), report.structure(), html);
    for (StructureReport structure : report.structure()) {
      html.add(
          "<section>%n<h2>%s</h2>%n%s</section>%n",
          structure.before().experts() > 0 ? "Experts" : "Widths",
          ReportTables.structure(structure));
    }
    if (!report.layers().isEmpty()) {
      plots(report.layers(), html);
      html.add("<section>%n<h2>Layers</h2>%n%s</section>%n", ReportTables.layers(report.layers()));
    }
    if (!report.phases().isEmpty()) {
      CostPictures.phases(report.phases(), html);
    }
    if (!report.layers().isEmpty()) {
      html.add("<section>%n<h2>Time by block</h2>%n%s</section>%n", ReportTables.time(report));
    }
    html.add("<section>%n<h2>Options</h2>%n%s</section>%n", ReportTables.pairs(report.options()));
    html.add(
        "<section>%n<h2>Machine</h2>%n%s</section>%n", ReportTables.pairs(report.environment()));
    return end(html);
  }

  /** A page up to its title, as all pages of awp are. */
  public static Markup begin(String title, String subtitle) {
    return new Markup()
        .add(
            "<!DOCTYPE html>%n<html lang=\"en\">%n<head>%n<meta charset=\"utf-8\"/>%n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>%n"
                + "<title>%s</title>%n<style>%n%s</style>%n</head>%n<body>%n<header>%n<h1>%s</h1>%n"
                + "<p class=\"soft\">%s</p>%n</header>%n<main>%n",
            Markup.escape(title), styleSheet(), Markup.escape(title), Markup.escape(subtitle));
  }

  /** The whole page, once all is said. */
  public static String end(Markup html) {
    return html.add("</main>%n</body>%n</html>%n").toString();
  }

  private static String styleSheet() {
    try (InputStream content = HtmlReport.class.getResourceAsStream("report.css")) {
      if (content == null) {
        throw new IllegalStateException("the program lacks its resource report.css");
      }
      return new String(content.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String constraints(List<LayerReport> layers) {
    return layers.stream()
        .map(LayerReport::constraint)
        .distinct()
        .collect(Collectors.joining("; "));
  }

  private static void figures(RunReport report, Markup html) {
    RunReport.Summary summary = report.summary();
    html.add("<dl class=\"figures\">%n");
    CostPictures.sizes(report)
        .forEach(
            (folder, bytes) ->
                figure(
                    html,
                    folder.isEmpty() ? "Size" : "Size of " + folder,
                    Unit.bytes(bytes),
                    report.modelBytes() == 0
                        ? "files of weights"
                        : String.format(
                            Locale.ROOT,
                            "before %s, %.1f %% of it",
                            Unit.bytes((double) report.modelBytes()),
                            100.0 * bytes / report.modelBytes())));
    for (PerplexityReport text : report.perplexity()) {
      figure(
          html,
          "Perplexity of " + text.file(),
          String.format(Locale.ROOT, "%.4g", text.after()),
          String.format(Locale.ROOT, "before %.4g", text.before()));
      if (text.divergence().isMeasured()) {
        figure(
            html,
            "KL divergence on " + text.file(),
            String.format(Locale.ROOT, "%.3g", text.divergence().divergence().value()),
            String.format(
                Locale.ROOT, "same top token %.1f %%", 100 * text.divergence().sameTop().value()));
      }
    }
    for (StructureReport structure : report.structure()) {
      figure(
          html,
          "Linear weights removed",
          String.format(Locale.ROOT, "%.1f %%", 100 * structure.share()),
          structure.before().experts() > 0 ? "as experts" : "as neurons, heads and blocks");
    }
    figure(
        html,
        "Mean relative error",
        String.format(Locale.ROOT, "%.3g", summary.meanRelativeError()),
        "f(T) / f(0) over " + summary.layers() + " layers");
    figure(
        html,
        "Zeros",
        String.format(Locale.ROOT, "%.1f %%", 100 * summary.sparsity()),
        String.format(Locale.ROOT, "of %,d weights", summary.weights()));
    figure(html, "Time", ReportTables.seconds(summary.seconds()), "evaluation included");
    if (report.peakResidentBytes() > 0) {
      figure(
          html,
          "Peak memory",
          String.format(Locale.ROOT, "%.2f GiB", report.peakResidentBytes() / 0x1p30),
          "resident, mapped files included");
    }
    html.add("</dl>%n");
  }

  static void figure(Markup html, String name, String value, String more) {
    html.add(
        "<div><dt>%s</dt><dd>%s<small>%s</small></dd></div>%n",
        Markup.escape(name), Markup.escape(value), Markup.escape(more));
  }

  private static void plots(List<LayerReport> layers, Markup html) {
    String legend = LayerPlots.legend(layers);
    Figures errors = new Figures("errors.csv", "layer", "relative error");
    layers.forEach(layer -> errors.add(layer.name(), layer.relativeError()));
    Pictures.section(
        html,
        "Error of every layer",
        "f(T) / f(0): the share of the output's energy that the layer loses on the calibration"
            + " inputs, recomputed from the file that was written.",
        new Picture(LayerPlots.errors(layers), legend),
        errors);
    if (layers.stream().anyMatch(layer -> layer.trace().size() > 1)) {
      Pictures.section(
          html,
          "Convergence",
          "sqrt(f(T) / f(0)) of every layer while it was solved, as in Figure 1 of the AWP paper.",
          new Picture(LayerPlots.convergence(layers), legend),
          LayerPlots.traces(layers));
    }
  }
}
