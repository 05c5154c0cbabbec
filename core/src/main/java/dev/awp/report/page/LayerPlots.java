// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.LayerReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** The curves of a run's report, a colour for each kind of layer. */
final class LayerPlots {
  /** Colours that the style sheet has. */
  private static final int COLOURS = 8;

  /** Points of a curve are left out where they would be nearer than this. */
  private static final double SPACING = 1.5;

  private LayerPlots() {}

  /** Relative error against block: a curve for each kind of layer. */
  static String errors(List<LayerReport> layers) {
    int blocks =
        layers.stream().mapToInt(layer -> LayerPlace.of(layer.name()).block()).max().orElse(0);
    // What has no block comes behind the last.
    boolean outside = layers.stream().anyMatch(l -> LayerPlace.of(l.name()).block() < 0);
    int last = outside ? blocks + 1 : blocks;
    PlotFrame frame =
        PlotFrame.around(
            last == 0 ? -0.5 : 0,
            last == 0 ? 0.5 : last,
            layers.stream().map(LayerReport::relativeError).toList());
    Markup svg = new Markup();
    frame.open(
        svg,
        "errors",
        "Relative error of every layer",
        "Relative error on a logarithmic axis against the number of the block, a curve for each"
            + " kind of layer. The table of layers has the numbers.",
        "block");
    int colour = 0;
    for (Map.Entry<String, List<LayerReport>> kind : LayerPlace.byKind(layers).entrySet()) {
      StringJoiner points = new StringJoiner(" ");
      StringBuilder dots = new StringBuilder();
      for (LayerReport layer : kind.getValue()) {
        int block = LayerPlace.of(layer.name()).block();
        double x = frame.x(block < 0 ? last : block);
        double y = frame.y(layer.relativeError());
        points.add(point(x, y));
        dots.append(
            String.format(
                Locale.ROOT,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>%s: %.4g</title></circle>%n",
                x,
                y,
                Markup.escape(layer.name()),
                layer.relativeError()));
      }
      svg.add(
          "<g class=\"s%s\"><polyline points=\"%s\"/>%n%s</g>%n", colour++ % COLOURS, points, dots);
    }
    return svg.add("</svg>%n").toString();
  }

  /** The paper's Figure 1 for every layer: sqrt(f(T) / f(0)) against the iteration. */
  static String convergence(List<LayerReport> layers) {
    List<LayerReport> traced =
        layers.stream()
            .filter(layer -> layer.denseObjective() > 0 && !layer.trace().isEmpty())
            .toList();
    List<Double> errors = new ArrayList<>();
    int last = 1;
    for (LayerReport layer : traced) {
      for (LayerReport.TracePoint point : layer.trace()) {
        errors.add(error(layer, point));
        last = Math.max(last, point.iteration());
      }
    }
    PlotFrame frame = PlotFrame.around(0, last, errors);
    Markup svg = new Markup();
    frame.open(
        svg,
        "convergence",
        "Convergence of every layer",
        "The square root of f(T) / f(0) on a logarithmic axis against the iteration of the solver,"
            + " a curve for each layer, a dot where it ends.",
        "iteration");
    int colour = 0;
    for (List<LayerReport> kind : LayerPlace.byKind(traced).values()) {
      svg.add("<g class=\"s%s thin\">%n", colour++ % COLOURS);
      kind.forEach(layer -> curve(layer, frame, svg));
      svg.add("</g>%n");
    }
    return svg.add("</svg>%n").toString();
  }

  private static double error(LayerReport layer, LayerReport.TracePoint point) {
    return Math.sqrt(Math.max(0, point.objective()) / layer.denseObjective());
  }

  private static void curve(LayerReport layer, PlotFrame frame, Markup svg) {
    StringJoiner points = new StringJoiner(" ");
    double before = Double.NEGATIVE_INFINITY;
    LayerReport.TracePoint end = layer.trace().getLast();
    for (LayerReport.TracePoint point : layer.trace()) {
      double x = frame.x(point.iteration());
      if (x - before >= SPACING || point.equals(end)) {
        points.add(point(x, frame.y(error(layer, point))));
        before = x;
      }
    }
    svg.add(
        "<g><title>%s: %.4g after %s iterations</title><polyline points=\"%s\"/>"
            + "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/></g>%n",
        Markup.escape(layer.name()),
        error(layer, end),
        end.iteration(),
        points,
        frame.x(end.iteration()),
        frame.y(error(layer, end)));
  }

  private static String point(double x, double y) {
    return String.format(Locale.ROOT, "%.1f,%.1f", x, y);
  }

  /** Which colour is which kind. */
  static String legend(List<LayerReport> layers) {
    Markup html = new Markup().add("<ul class=\"legend\">");
    int colour = 0;
    for (String kind : LayerPlace.byKind(layers).keySet()) {
      html.add("<li class=\"s%s\">%s</li>", colour++ % COLOURS, Markup.escape(kind));
    }
    return html.add("</ul>%n").toString();
  }
}
