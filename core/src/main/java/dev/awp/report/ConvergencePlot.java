// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The AWP paper's Figure 1 for a comparison, as SVG: the error against the iteration, a curve for
 * every constraint and method. The error is sqrt(f(T) / f(0)), its mean over the layers, on a
 * logarithmic axis; methods that report one value are points at the end of their iterations.
 */
final class ConvergencePlot {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 520;
  private static final int LEFT = 70;
  private static final int RIGHT = 330;
  private static final int TOP = 30;
  private static final int BOTTOM = 50;
  private static final String[] COLOURS = {
    "#1b6ca8", "#d1495b", "#2e933c", "#8a4f9e", "#e07a1f", "#4d4d4d", "#0fa3a3", "#b58900"
  };

  private ConvergencePlot() {}

  private record Curve(String name, List<Double> errors, int first) {
    private Curve {
      errors = List.copyOf(errors);
    }

    private int last() {
      return first + errors.size() - 1;
    }
  }

  static String svg(ComparisonReport report) {
    List<Curve> curves = new ArrayList<>();
    for (ComparisonReport.Cell cell : report.cells()) {
      Curve curve = curve(cell);
      if (!curve.errors().isEmpty()) {
        curves.add(curve);
      }
    }
    int last = curves.stream().mapToInt(Curve::last).max().orElse(1);
    double most = extreme(curves, true);
    double least = extreme(curves, false);
    StringBuilder svg = new StringBuilder();
    append(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
            + " font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
        WIDTH,
        HEIGHT);
    axes(svg, Math.max(1, last), least, most);
    for (int i = 0; i < curves.size(); i++) {
      draw(svg, curves.get(i), i, Math.max(1, last), least, most);
    }
    return svg.append("</svg>\n").toString();
  }

  /** Mean over the layers; a layer that stopped early keeps its last value. */
  private static Curve curve(ComparisonReport.Cell cell) {
    int points = 0;
    int iterations = 0;
    for (LayerReport layer : cell.layers()) {
      points = Math.max(points, layer.objectives().size());
      iterations = Math.max(iterations, layer.iterations());
    }
    List<Double> errors = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      double sum = 0;
      int layers = 0;
      for (LayerReport layer : cell.layers()) {
        List<Double> objectives = layer.objectives();
        if (layer.denseObjective() > 0 && !objectives.isEmpty()) {
          double objective = objectives.get(Math.min(i, objectives.size() - 1));
          sum += Math.sqrt(objective / layer.denseObjective());
          layers++;
        }
      }
      errors.add(layers == 0 ? 0 : sum / layers);
    }
    int first = points == 1 ? iterations : 0;
    return new Curve(cell.constraint() + ", " + cell.method(), errors, first);
  }

  private static double extreme(List<Curve> curves, boolean most) {
    double value = most ? 1e-6 : 1;
    for (Curve curve : curves) {
      for (double error : curve.errors()) {
        if (error > 0) {
          value = most ? Math.max(value, error) : Math.min(value, error);
        }
      }
    }
    return most ? value * 1.1 : value / 1.1;
  }

  private static double x(int iteration, int last) {
    return LEFT + (double) (WIDTH - LEFT - RIGHT) * iteration / last;
  }

  private static double y(double error, double least, double most) {
    double share = Math.log(Math.max(error, least) / least) / Math.log(most / least);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  }

  private static void axes(StringBuilder svg, int last, double least, double most) {
    int bottom = HEIGHT - BOTTOM;
    int right = WIDTH - RIGHT;
    append(
        svg,
        "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"black\"/>%n",
        LEFT,
        TOP,
        bottom,
        right);
    for (int i = 0; i <= 4; i++) {
      int iteration = Math.round(last * i / 4f);
      append(
          svg,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>%n",
          x(iteration, last),
          bottom + 18,
          iteration);
      double error = least * Math.pow(most / least, i / 4.0);
      append(
          svg,
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.3g</text>%n",
          LEFT - 6,
          y(error, least, most) + 4,
          error);
    }
    append(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">iteration</text>%n"
            + "<text x=\"%d\" y=\"18\">sqrt(f(T) / f(0)), mean over the layers</text>%n",
        (LEFT + right) / 2,
        HEIGHT - 12,
        LEFT);
  }

  private static void draw(
      StringBuilder svg, Curve curve, int index, int last, double least, double most) {
    String colour = COLOURS[index % COLOURS.length];
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < curve.errors().size(); i++) {
      append(
          points, "%.1f,%.1f ", x(curve.first() + i, last), y(curve.errors().get(i), least, most));
    }
    append(
        svg,
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>%n",
        points.toString().trim(),
        colour);
    append(
        svg,
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
        x(curve.last(), last),
        y(curve.errors().getLast(), least, most),
        colour);
    append(
        svg,
        "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>%n",
        WIDTH - RIGHT + 16,
        TOP + 16 + 16 * index,
        colour,
        escape(curve.name()));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of its own
  private static void append(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
