// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.page.Pictures.Picture;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * What choices cost against what they bring: a mark for each, a shape and a colour for each series,
 * and a line through those that no other beats in both.
 */
public final class ScatterPlot {
  private static final int SHAPES = 4;
  private static final double LETTER = 6.6;
  private static final int LINE = 14;

  /**
   * A choice.
   *
   * @param name beside its mark, where it is on the line or marked
   * @param words what a reader is told who points at it
   * @param marked whether it has a ring around it
   */
  public record Point(
      String series, String name, double x, double y, String words, boolean marked) {}

  /**
   * What the picture says of its axes.
   *
   * @param smaller whether a smaller x is better; a smaller y always is
   */
  public record Labels(String title, String description, String x, String y, boolean smaller) {}

  private final List<Point> points;
  private final List<String> series;
  private final PlotFrame frame;
  private final boolean smaller;
  private final List<double[]> taken = new ArrayList<>();

  private ScatterPlot(List<Point> points, boolean smaller) {
    this.points = points;
    this.smaller = smaller;
    this.series = points.stream().map(Point::series).distinct().toList();
    this.frame =
        PlotFrame.around(
            points.stream().map(Point::x).toList(), points.stream().map(Point::y).toList());
  }

  /** Whether a point has a place. */
  public static boolean isDrawn(Point point) {
    return Double.isFinite(point.x()) && Double.isFinite(point.y());
  }

  /** Draws what has finite numbers. */
  public static Picture draw(String id, Labels labels, List<Point> all) {
    List<Point> drawn = all.stream().filter(ScatterPlot::isDrawn).toList();
    ScatterPlot plot = new ScatterPlot(drawn, labels.smaller());
    return new Picture(plot.svg(id, labels), plot.legend());
  }

  private String svg(String id, Labels labels) {
    Markup svg = new Markup();
    frame.open(svg, id, labels.title(), labels.description(), labels.x(), labels.y());
    List<Point> best = best();
    StringBuilder line = new StringBuilder();
    best.forEach(
        point ->
            line.append(
                String.format(Locale.ROOT, "%.1f,%.1f ", frame.x(point.x()), frame.y(point.y()))));
    svg.add("<polyline class=\"front\" points=\"%s\"/>%n", line.toString().trim());
    for (Point point : points) {
      double x = frame.x(point.x());
      double y = frame.y(point.y());
      taken.add(new double[] {x - 5, y - 5, x + 5, y + 5});
      int kind = series.indexOf(point.series());
      svg.add(
          "<g class=\"%s\"><title>%s</title>%s%s</g>%n",
          Pictures.colour(kind),
          Markup.escape(point.words()),
          point.marked()
              ? String.format(
                  Locale.ROOT, "<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"9\"/>", x, y)
              : "",
          mark(kind, x, y));
    }
    points.stream()
        .filter(point -> !point.name().isEmpty() && (point.marked() || best.contains(point)))
        .sorted(Comparator.comparing(point -> !point.marked()))
        .forEach(point -> label(point, svg));
    return svg.add("</svg>%n").toString();
  }

  /** Those that no other beats, by x. */
  private List<Point> best() {
    Comparator<Point> byX = Comparator.comparingDouble(Point::x);
    List<Point> sorted = new ArrayList<>(points);
    sorted.sort((smaller ? byX : byX.reversed()).thenComparingDouble(Point::y));
    List<Point> best = new ArrayList<>();
    for (Point point : sorted) {
      if (best.isEmpty() || point.y() < best.getLast().y()) {
        best.add(point);
      }
    }
    return best;
  }

  private static String mark(int kind, double x, double y) {
    String path =
        switch (kind % SHAPES) {
          case 0 -> "M%.1f %.1fm-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z";
          case 1 -> "M%.1f %.1fm-4-4h8v8h-8z";
          case 2 -> "M%.1f %.1fm0-5l5 9h-10z";
          default -> "M%.1f %.1fm0-5.5l5.5 5.5l-5.5 5.5l-5.5-5.5z";
        };
    return "<path class=\"mark\" d=\"" + String.format(Locale.ROOT, path, x, y) + "\"/>";
  }

  /** A name where there is room for it; the figures have it in any case. */
  private void label(Point point, Markup svg) {
    double width = LETTER * point.name().length();
    double x = frame.x(point.x());
    double y = frame.y(point.y());
    double[][] places = {
      {x + 9, y - 4}, {x + 9, y + 15}, {x - 9 - width, y - 4}, {x - 9 - width, y + 15}
    };
    for (double[] place : places) {
      double[] box = {place[0], place[1] - LINE + 3, place[0] + width, place[1] + 3};
      boolean inside =
          box[0] >= PlotFrame.LEFT
              && box[2] <= PlotFrame.WIDTH
              && box[3] <= PlotFrame.HEIGHT - PlotFrame.BOTTOM;
      if (inside && taken.stream().noneMatch(other -> overlap(box, other))) {
        taken.add(box);
        svg.add(
            "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">%s</text>%n",
            place[0], place[1], Markup.escape(point.name()));
        return;
      }
    }
  }

  private static boolean overlap(double[] a, double[] b) {
    return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  }

  private String legend() {
    if (series.size() < 2) {
      return "";
    }
    Markup html = new Markup().add("<ul class=\"legend marks\">");
    for (int kind = 0; kind < series.size(); kind++) {
      html.add(
          "<li class=\"%s\"><svg class=\"key\" viewBox=\"0 0 14 14\""
              + " aria-hidden=\"true\">%s</svg>%s</li>",
          Pictures.colour(kind), mark(kind, 7, 7), Markup.escape(series.get(kind)));
    }
    return html.add("</ul>%n").toString();
  }
}
