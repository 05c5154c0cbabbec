// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import java.util.List;

/** The axes of a plot in a report. Colours come from the page's style sheet. */
record PlotFrame(Axis x, Axis y) {
  static final int WIDTH = 780;
  static final int HEIGHT = 354;
  static final int LEFT = 62;
  static final int RIGHT = 14;
  static final int TOP = 28;
  static final int BOTTOM = 46;
  private static final int X_TICKS = 9;
  private static final int Y_TICKS = 7;

  /** What is counted along x, and the positive of some values along y. */
  static PlotFrame counted(double first, double last, List<Double> values) {
    return new PlotFrame(
        Axis.linear(first, last, 1, LEFT, WIDTH - RIGHT),
        Axis.logarithmic(values, HEIGHT - BOTTOM, TOP));
  }

  /** What is measured along both axes. */
  static PlotFrame around(List<Double> xs, List<Double> ys) {
    return new PlotFrame(
        Axis.around(xs, LEFT, WIDTH - RIGHT), Axis.around(ys, HEIGHT - BOTTOM, TOP));
  }

  double x(double value) {
    return x.at(value);
  }

  double y(double value) {
    return y.at(value);
  }

  /** Begins the picture: its name and what it shows in words, the axes and their labels. */
  void open(Markup svg, String id, String title, String description, String xLabel, String yLabel) {
    svg.picture(WIDTH, HEIGHT, id, title, description);
    int bottom = HEIGHT - BOTTOM;
    for (Axis.Tick tick : y.ticks(Y_TICKS)) {
      double at = y.at(tick.value());
      svg.add(
          "<path class=\"grid\" d=\"M%s %.1fH%s\"/><text x=\"%s\" y=\"%.1f\""
              + " text-anchor=\"end\">%s</text>%n",
          LEFT, at, WIDTH - RIGHT, LEFT - 8, at + 4, tick.label());
    }
    for (Axis.Tick tick : x.ticks(X_TICKS)) {
      svg.add(
          "<text x=\"%.1f\" y=\"%s\" text-anchor=\"middle\">%s</text>%n",
          x.at(tick.value()), bottom + 18, tick.label());
    }
    svg.add("<path class=\"axis\" d=\"M%s %sH%s\"/>%n", LEFT, bottom, WIDTH - RIGHT);
    svg.add(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"middle\">%s</text>%n"
            + "<text x=\"2\" y=\"14\">%s</text>%n",
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, Markup.escape(xLabel), Markup.escape(yLabel));
  }
}
