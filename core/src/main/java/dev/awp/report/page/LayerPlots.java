// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.LayerReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** The curves of a run's report, a colour for each kind of layer. */
final class LayerPlots {
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
        PlotFrame.counted(
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
        "block",
        "f(T) / f(0)");
    int colour = 0;
    for (Map.Entry<String, List<LayerReport>> kind : LayerPlace.byKind(layers).entrySet()) {
      StringJoiner points = new StringJoiner(" ");
      StringBuilder dots = new StringBuilder();
      for (LayerReport layer : kind.getValue()) {
        if (!Double.isFinite(layer.relativeError())) {
          continue; // the table tells it
        }
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
          "<g class=\"%s\"><polyline points=\"%s\"/>%n%s</g>%n",
          Pictures.colour(colour++), points, dots);
    }
    return svg.add("</svg>%n").toString();
  }

  /** The paper's Figure 1 for every layer: sqrt(f(T) / f(0)) against the iteration. */
  static String convergence(List<LayerReport> layers) {
    List<LayerReport> traced = layers.stream().filter(LayerPlots::isTraced).toList();
    List<Double> errors = new ArrayList<>();
    int last = 1;
    for (LayerReport layer : traced) {
      for (LayerReport.TracePoint point : layer.trace()) {
        errors.add(error(layer, point));
        last = Math.max(last, point.iteration());
      }
    }
    PlotFrame frame = PlotFrame.counted(0, last, errors);
    Markup svg = new Markup();
    frame.open(
        svg,
        "convergence",
        "Convergence of every layer",
        "The square root of f(T) / f(0) on a logarithmic axis against the iteration of the solver,"
            + " a curve for each layer, a dot where it ends.",
        "iteration",
        "sqrt(f(T) / f(0))");
    int colour = 0;
    for (List<LayerReport> kind : LayerPlace.byKind(layers).values()) {
      svg.add("<g class=\"%s thin\">%n", Pictures.colour(colour++));
      kind.stream().filter(LayerPlots::isTraced).forEach(layer -> curve(layer, frame, svg));
      svg.add("</g>%n");
    }
    return svg.add("</svg>%n").toString();
  }

  /** Whether there is a curve to draw of a layer. */
  private static boolean isTraced(LayerReport layer) {
    return layer.denseObjective() > 0
        && Double.isFinite(layer.denseObjective())
        && !layer.trace().isEmpty()
        && layer.trace().stream().allMatch(p -> Double.isFinite(p.objective()));
  }

  /** f at the iterations where solvers knew it: a line for each layer, a column for each. */
  static Figures traces(List<LayerReport> layers) {
    List<Integer> iterations =
        layers.stream()
            .flatMap(layer -> layer.trace().stream())
            .map(LayerReport.TracePoint::iteration)
            .distinct()
            .sorted()
            .toList();
    List<String> titles = new ArrayList<>(List.of("layer", "f(0)"));
    iterations.forEach(at -> titles.add("f after " + at));
    Figures figures = new Figures("convergence.csv", titles.toArray(String[]::new));
    for (LayerReport layer : layers) {
      Map<Integer, Double> known = new HashMap<>();
      layer.trace().forEach(point -> known.put(point.iteration(), point.objective()));
      List<Object> line = new ArrayList<>(List.of(layer.name(), layer.denseObjective()));
      iterations.forEach(at -> line.add(known.containsKey(at) ? known.get(at) : ""));
      figures.add(line.toArray());
    }
    return figures;
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
    return Pictures.legend(List.copyOf(LayerPlace.byKind(layers).keySet()));
  }
}
