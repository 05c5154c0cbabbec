// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.DivergenceReport;
import dev.awp.report.Estimate;
import dev.awp.report.LayerReport;
import dev.awp.report.PerplexityReport;
import dev.awp.report.RunReport;
import dev.awp.report.StructureReport;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The tables of report.html. */
final class ReportTables {
  private ReportTables() {}

  static String perplexity(RunReport report) {
    Markup html = open("Lower is better; before is the model that was read.", "scroll");
    head(html, "text", "tokens in a window", "windows", "before", "after", "change");
    for (PerplexityReport text : report.perplexity()) {
      double change = text.after() / text.before() - 1;
      html.add(
          "<tr><th scope=\"row\">%s</th><td>%,d</td><td>%,d</td><td>%.4f</td><td>%.4f</td>"
              + "<td class=\"%s\">%+.2f %%</td></tr>%n",
          Markup.escape(text.file()),
          text.sequenceLength(),
          text.windows(),
          text.before(),
          text.after(),
          change > 0 ? "worse" : "better",
          100 * change);
    }
    return close(html);
  }

  /** What each text says of how far the predictions went from the original's. */
  static String divergence(List<PerplexityReport> texts) {
    Markup html =
        open(
            "Of the predictions of the model that was written from those of the one that was read,"
                + " token by token: Kullback-Leibler divergence in nats, how often both hold the"
                + " same token for the likeliest, and how much the probability of the text's own"
                + " token changes.",
            "scroll");
    head(
        html,
        "text",
        "mean divergence",
        "median",
        "99 %",
        "largest",
        "same top token",
        "perplexity ratio",
        "change of p (RMS)");
    for (PerplexityReport text : texts) {
      DivergenceReport divergence = text.divergence();
      html.add(
          "<tr><th scope=\"row\">%s</th><td>%s</td><td>%.5f</td><td>%.4f</td><td>%.3f</td>"
              + "<td>%s %%</td><td>%s</td><td>%s %%</td></tr>%n",
          Markup.escape(text.file()),
          estimate("%.5f", divergence.divergence()),
          divergence.median(),
          divergence.percentile99(),
          divergence.maximum(),
          estimate("%.2f", divergence.sameTop().times(100)),
          estimate("%.4f", divergence.perplexityRatio()),
          estimate("%.3f", divergence.probabilityChange().times(100)));
    }
    return close(html);
  }

  private static String estimate(String format, Estimate estimate) {
    return String.format(
        Locale.ROOT, format + " ± " + format, estimate.value(), estimate.standardError());
  }

  static String layers(List<LayerReport> layers) {
    List<String> constraints = layers.stream().map(LayerReport::constraint).distinct().toList();
    boolean mixed = constraints.size() > 1;
    String caption =
        mixed
            ? "In the order in which they were solved."
            : "All under the constraint " + constraints.getFirst() + ", in the order of solving.";
    Markup html = open(caption, layers.size() > 40 ? "scroll tall" : "scroll");
    head(
        html,
        "layer",
        "shape",
        "type",
        mixed ? "constraint" : "",
        "relative error",
        "zeros",
        "solver",
        "iterations",
        "seconds");
    for (LayerReport layer : layers) {
      html.add(
          "<tr><th scope=\"row\">%s</th><td>%,d × %,d</td><td>%s</td>%s<td>%.4g</td>"
              + "<td class=\"bar\" style=\"--share:%.1f%%\">%.1f %%</td><td>%s</td><td>%,d</td>"
              + "<td>%.2f</td></tr>%n",
          Markup.escape(layer.name()),
          layer.rows(),
          layer.columns(),
          Markup.escape(layer.dtype()),
          mixed ? "<td>" + Markup.escape(layer.constraint()) + "</td>" : "",
          layer.relativeError(),
          100 * layer.sparsity(),
          100 * layer.sparsity(),
          Markup.escape(layer.solver()),
          layer.iterations(),
          layer.seconds());
    }
    return close(html);
  }

  /** What was kept of each block, by steps. */
  static String structure(StructureReport report) {
    StructureReport.Shape before = report.before();
    if (before.experts() > 0) {
      return experts(report);
    }
    String caption =
        "%s of %s blocks stay. The error is that of the layer that reads what stays, f(T) / f(0)."
            .formatted(report.kept().blocks().size(), before.blocks().size());
    Markup html = open(caption, report.parts().size() > 40 ? "scroll tall" : "scroll");
    head(html, "block before", "step", "kept", "of", "relative error", "without any change");
    for (StructureReport.Part part : report.parts()) {
      boolean neurons = part.step().equals("mlp");
      html.add(
          "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%.4g</td>"
              + "<td>%.4g</td></tr>%n",
          part.block(),
          neurons ? "neurons" : "key/value heads",
          part.kept().size(),
          neurons ? before.neurons() : before.groups(),
          part.relativeError(),
          part.drift());
    }
    return close(html);
  }

  /** Which experts were kept of each mixture. */
  private static String experts(StructureReport report) {
    String caption =
        "%s of %s experts stay in each mixture: those with the largest scores."
            .formatted(report.kept().experts(), report.before().experts());
    Markup html = open(caption, report.parts().size() > 40 ? "scroll tall" : "scroll");
    head(html, "block", "experts that stay", "their share of all scores");
    for (StructureReport.Part part : report.parts()) {
      double all = part.scores().stream().mapToDouble(score -> score).sum();
      double kept = part.kept().stream().mapToDouble(expert -> part.scores().get(expert)).sum();
      html.add(
          "<tr><th scope=\"row\">%s</th><td>%s</td><td>%.1f %%</td></tr>%n",
          part.block(),
          part.kept().stream().map(String::valueOf).collect(Collectors.joining(", ")),
          all == 0 ? 100 : 100 * kept / all);
    }
    return close(html);
  }

  /** Seconds by block, beside the whole run. */
  static String time(RunReport report) {
    Map<Integer, List<LayerReport>> blocks =
        report.layers().stream()
            .collect(
                Collectors.groupingBy(
                    layer -> LayerPlace.of(layer.name()).block(),
                    TreeMap::new,
                    Collectors.toList()));
    double most = blocks.values().stream().mapToDouble(LayerReport::seconds).max().orElse(0);
    double solving = LayerReport.seconds(report.layers());
    String caption =
        "%s in all, %s of it solving; the rest is reading, calibration, evaluation and writing."
            .formatted(seconds(report.summary().seconds()), seconds(solving));
    Markup html = open(caption, blocks.size() > 40 ? "scroll tall" : "scroll");
    head(html, "block", "layers", "weights", "mean relative error", "seconds of solving");
    blocks.forEach(
        (block, layers) -> {
          RunReport.Summary summary = RunReport.Summary.of(layers, LayerReport.seconds(layers));
          html.add(
              "<tr><th scope=\"row\">%s</th><td>%s</td><td>%,d</td><td>%.4g</td>"
                  + "<td class=\"bar\" style=\"--share:%.1f%%\">%.2f</td></tr>%n",
              block < 0 ? "outside" : block.toString(),
              summary.layers(),
              summary.weights(),
              summary.meanRelativeError(),
              most == 0 ? 0 : 100 * summary.seconds() / most,
              summary.seconds());
        });
    return close(html);
  }

  /** Names and values, one pair a line. */
  static String pairs(Map<String, ?> pairs) {
    Markup html = new Markup().add("<table class=\"pairs\"><tbody>%n");
    pairs.forEach(
        (name, value) ->
            html.add(
                "<tr><th scope=\"row\">%s</th><td>%s</td></tr>%n",
                Markup.escape(name), Markup.escape(text(value))));
    return html.add("</tbody></table>%n").toString();
  }

  private static String text(Object value) {
    return value instanceof List<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.joining(", "))
        : String.valueOf(value);
  }

  /** "26.6 s", "12 min 5 s", "3 h 20 min". */
  static String seconds(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    return whole < 3600
        ? whole / 60 + " min " + whole % 60 + " s"
        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }

  private static Markup open(String caption, String wrapper) {
    String escaped = Markup.escape(caption);
    return new Markup()
        .add(
            "<p class=\"soft\">%s</p>%n<div class=\"%s\" tabindex=\"0\" role=\"region\""
                + " aria-label=\"%s\">%n<table aria-label=\"%s\">%n",
            escaped, wrapper, escaped, escaped);
  }

  /** The titles of the columns; those that are empty are left out. */
  private static void head(Markup html, String... titles) {
    html.add("<thead><tr>");
    for (String title : titles) {
      if (!title.isEmpty()) {
        html.add("<th scope=\"col\">%s</th>", title);
      }
    }
    html.add("</tr></thead>%n<tbody>%n");
  }

  private static String close(Markup html) {
    return html.add("</tbody></table></div>%n").toString();
  }
}
