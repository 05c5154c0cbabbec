// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.ComparisonReport;
import dev.awp.report.LayerReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The AWP paper's Figure 1 for a comparison, as SVG: the error against the iteration, a panel for
 * every constraint, a curve for every method. The error is sqrt(f(T) / f(0)), its mean over the
 * layers, on a logarithmic axis; a dot marks where a method ends, and one-shot methods are dots.
 *
 * <p>Written by hand because Java's plotting libraries draw text through AWT, which fails on the
 * servers and containers that have no fonts.
 */
final class ConvergencePlot {
  private static final int PANELS_PER_ROW = 2;
  private static final int WIDTH = 560;
  private static final int HEIGHT = 340;
  private static final int LEFT = 64;
  private static final int RIGHT = 150;
  private static final int TOP = 34;
  private static final int BOTTOM = 44;
  private static final String[] COLOURS = {
    "#1b6ca8", "#d1495b", "#2e933c", "#8a4f9e", "#e07a1f", "#4d4d4d", "#0fa3a3", "#b58900",
    "#6b8e23", "#c71585", "#708090", "#a0522d"
  };

  private final String constraint;
  private final List<Curve> curves;
  private final int last;
  private final double most;
  private final double least;
  private final StringBuilder svg;

  private record Curve(String method, SortedMap<Integer, Double> errors) {}

  private ConvergencePlot(String constraint, List<Curve> curves, StringBuilder svg) {
    this.constraint = constraint;
    this.curves = curves;
    this.svg = svg;
    int iterations = 1;
    double largest = 1e-6;
    double smallest = 1;
    for (Curve curve : curves) {
      iterations = Math.max(iterations, curve.errors().lastKey());
      for (double error : curve.errors().values()) {
        largest = Math.max(largest, error);
      }
      // Joint projected gradient descent begins at the dense weights: not where curves are read.
      smallest = end(curve) > 0 ? Math.min(smallest, end(curve)) : smallest;
    }
    this.last = iterations;
    this.most = largest * 1.1;
    this.least = smallest / 1.1;
  }

  /** A file of its own. */
  static String svg(ComparisonReport report) {
    return svg(report, " xmlns=\"http://www.w3.org/2000/svg\"");
  }

  /** A part of a page, whose style sheet has its own colours. */
  static String inPage(ComparisonReport report) {
    return svg(report, "");
  }

  private static String svg(ComparisonReport report, String attributes) {
    Map<String, List<Curve>> panels = new LinkedHashMap<>();
    Map<String, Integer> colours = new LinkedHashMap<>();
    for (ComparisonReport.Cell cell : report.cells()) {
      SortedMap<Integer, Double> errors = errors(cell);
      if (!errors.isEmpty()) {
        panels
            .computeIfAbsent(cell.constraint(), name -> new ArrayList<>())
            .add(new Curve(cell.method(), errors));
        colours.putIfAbsent(cell.method(), colours.size() % COLOURS.length);
      }
    }
    StringBuilder svg = new StringBuilder();
    append(
        svg,
        "<svg%s class=\"wide\" viewBox=\"0 0 %s %s\" font-family=\"sans-serif\" font-size=\"12\""
            + " role=\"img\" aria-labelledby=\"convergence-t\">%n"
            + "<title id=\"convergence-t\">Error against iteration, a panel for each constraint"
            + "</title>%n<rect class=\"paper\" width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
        attributes,
        WIDTH * PANELS_PER_ROW,
        HEIGHT * Math.max(1, Math.ceilDiv(panels.size(), PANELS_PER_ROW)));
    int panel = 0;
    for (Map.Entry<String, List<Curve>> entry : panels.entrySet()) {
      append(
          svg,
          "<g transform=\"translate(%s %s)\">%n",
          panel % PANELS_PER_ROW * WIDTH,
          panel / PANELS_PER_ROW * HEIGHT);
      new ConvergencePlot(entry.getKey(), entry.getValue(), svg).draw(colours);
      svg.append("</g>\n");
      panel++;
    }
    return svg.append("</svg>\n").toString();
  }

  /** The points of a cell's curve, those that are finite. */
  static SortedMap<Integer, Double> errors(ComparisonReport.Cell cell) {
    SortedMap<Integer, Double> errors = meanErrors(cell.layers());
    errors.values().removeIf(error -> !Double.isFinite(error));
    return errors;
  }

  /** By iteration; between its points, and after its last, a layer keeps its value. */
  private static SortedMap<Integer, Double> meanErrors(List<LayerReport> all) {
    List<LayerReport> layers =
        all.stream()
            .filter(layer -> layer.denseObjective() > 0 && !layer.trace().isEmpty())
            .toList();
    SortedMap<Integer, Double> errors = new TreeMap<>();
    for (LayerReport layer : layers) {
      layer.trace().forEach(point -> errors.put(point.iteration(), 0.0));
    }
    for (LayerReport layer : layers) {
      NavigableMap<Integer, Double> own = new TreeMap<>();
      layer.trace().forEach(point -> own.put(point.iteration(), point.objective()));
      errors.replaceAll(
          (at, sum) -> {
            double objective = own.floorEntry(Math.max(at, own.firstKey())).getValue();
            return sum + Math.sqrt(objective / layer.denseObjective()) / layers.size();
          });
    }
    return errors;
  }

  private void draw(Map<String, Integer> colours) {
    axes();
    // Labels in the order of the final errors, the largest on top, as the curves end.
    List<Curve> sorted = new ArrayList<>(curves);
    sorted.sort((a, b) -> Double.compare(end(b), end(a)));
    for (int i = 0; i < sorted.size(); i++) {
      draw(sorted.get(i), i, colours.get(sorted.get(i).method()));
    }
  }

  private static double end(Curve curve) {
    return curve.errors().get(curve.errors().lastKey());
  }

  private double x(int iteration) {
    return LEFT + (double) (WIDTH - LEFT - RIGHT) * iteration / last;
  }

  private double y(double error) {
    double share = Math.log(Math.max(error, least) / least) / Math.log(most / least);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  }

  private void axes() {
    int bottom = HEIGHT - BOTTOM;
    int right = WIDTH - RIGHT;
    append(
        svg,
        "<path class=\"axis\" d=\"M%s %sV%sH%s\" fill=\"none\" stroke=\"black\"/>%n",
        LEFT,
        TOP,
        bottom,
        right);
    int ticks = Math.min(4, last);
    for (int i = 0; i <= ticks; i++) {
      int iteration = Math.round(last * i / (float) ticks);
      append(
          svg,
          "<text x=\"%.1f\" y=\"%s\" text-anchor=\"middle\">%s</text>%n",
          x(iteration),
          bottom + 18,
          iteration);
    }
    for (int i = 0; i <= 4; i++) {
      double error = least * Math.pow(most / least, i / 4.0);
      append(
          svg,
          "<text x=\"%s\" y=\"%.1f\" text-anchor=\"end\">%.3g</text>%n",
          LEFT - 6,
          y(error) + 4,
          error);
    }
    append(
        svg,
        "<text x=\"%s\" y=\"%s\" text-anchor=\"middle\">iteration</text>%n"
            + "<text x=\"%s\" y=\"20\" font-weight=\"bold\">%s: sqrt(f(T) / f(0))</text>%n",
        (LEFT + right) / 2,
        HEIGHT - 10,
        LEFT,
        Markup.escape(constraint));
  }

  private void draw(Curve curve, int place, int series) {
    String colour = COLOURS[series];
    StringBuilder points = new StringBuilder();
    curve.errors().forEach((at, error) -> append(points, "%.1f,%.1f ", x(at), y(error)));
    int label = WIDTH - RIGHT + 24;
    append(
        svg,
        "<g class=\"%s\">%n"
            + "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>%n"
            + "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n"
            + "<rect class=\"part\" x=\"%s\" y=\"%s\" width=\"10\" height=\"10\" fill=\"%s\"/>%n"
            + "<text x=\"%s\" y=\"%s\">%s</text>%n</g>%n",
        Pictures.colour(series),
        points.toString().trim(),
        colour,
        x(curve.errors().lastKey()),
        y(end(curve)),
        colour,
        label - 14,
        TOP + 16 * place,
        colour,
        label,
        TOP + 10 + 16 * place,
        Markup.escape(curve.method()));
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of its own
  private static void append(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
