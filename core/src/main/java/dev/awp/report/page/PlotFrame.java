// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The axes of a plot in a report: x linear from its first to its last value, y logarithmic. Colours
 * come from the page's style sheet.
 *
 * @param first smallest x
 * @param last largest x
 * @param least smallest y, above 0
 * @param most largest y
 */
record PlotFrame(double first, double last, double least, double most) {
  static final int WIDTH = 780;
  static final int HEIGHT = 340;
  private static final int LEFT = 62;
  private static final int RIGHT = 14;
  private static final int TOP = 14;
  private static final int BOTTOM = 46;
  private static final int X_TICKS = 8;
  private static final int MOST_Y_TICKS = 7;

  /** Of the smallest double. */
  private static final int LEAST_DECADE = -324;

  /** A frame that holds values of y, the positive among them, with some air around. */
  static PlotFrame around(double first, double last, List<Double> values) {
    double least = values.stream().filter(y -> y > 0).mapToDouble(y -> y).min().orElse(0.1);
    double most = values.stream().mapToDouble(y -> y).max().orElse(1);
    double high = Math.max(most, least * 1.001);
    return new PlotFrame(first, Math.max(last, first + 1e-9), least / 1.25, high * 1.25);
  }

  double x(double value) {
    return LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT);
  }

  /** What is not above the smallest value lies on the axis. */
  double y(double value) {
    double share = Math.log(Math.max(value, least) / least) / Math.log(most / least);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  }

  /** Begins the picture: its name and what it shows in words, the axes and their labels. */
  void open(Markup svg, String id, String title, String description, String xLabel) {
    svg.add(
        "<svg viewBox=\"0 0 %s %s\" role=\"img\" aria-labelledby=\"%s-t %s-d\">%n"
            + "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>%n",
        WIDTH, HEIGHT, id, id, id, Markup.escape(title), id, Markup.escape(description));
    int bottom = HEIGHT - BOTTOM;
    for (double tick : yTicks()) {
      svg.add(
          "<path class=\"grid\" d=\"M%s %.1fH%s\"/><text x=\"%s\" y=\"%.1f\""
              + " text-anchor=\"end\">%s</text>%n",
          LEFT, y(tick), WIDTH - RIGHT, LEFT - 8, y(tick) + 4, number(tick));
    }
    for (long tick : xTicks()) {
      svg.add(
          "<text x=\"%.1f\" y=\"%s\" text-anchor=\"middle\">%s</text>%n",
          x((double) tick), bottom + 18, tick);
    }
    svg.add("<path class=\"axis\" d=\"M%s %sH%s\"/>%n", LEFT, bottom, WIDTH - RIGHT);
    svg.add(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"middle\">%s</text>%n",
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, Markup.escape(xLabel));
  }

  /** Whole numbers at even steps. */
  private List<Long> xTicks() {
    long from = (long) Math.ceil(first);
    long to = (long) Math.floor(last);
    long step = 1;
    for (long i = 0; (to - from) / step > X_TICKS; i++) {
      step = step / (i % 3 == 1 ? 2 : 1) * (i % 3 == 1 ? 5 : 2);
    }
    List<Long> ticks = new ArrayList<>();
    for (long tick = Math.ceilDiv(from, step) * step; tick <= to; tick += step) {
      ticks.add(tick);
    }
    return ticks;
  }

  /** 1, 2 and 5 in every decade, or fewer where that would be many. */
  private List<Double> yTicks() {
    List<Double> ticks = new ArrayList<>();
    for (int[] steps : new int[][] {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 5}, {1, 3}, {1}}) {
      ticks = ticks(steps);
      if (ticks.size() <= MOST_Y_TICKS) {
        return ticks;
      }
    }
    int every = Math.ceilDiv(ticks.size(), MOST_Y_TICKS);
    List<Double> fewer = new ArrayList<>();
    for (int i = 0; i < ticks.size(); i += every) {
      fewer.add(ticks.get(i));
    }
    return fewer;
  }

  private List<Double> ticks(int... steps) {
    List<Double> ticks = new ArrayList<>();
    int first = Math.max(LEAST_DECADE, (int) Math.floor(Math.log10(least)));
    for (int decade = first; decade <= Double.MAX_EXPONENT * Math.log10(2); decade++) {
      for (int step : steps) {
        double tick = step * Math.pow(10, decade);
        if (tick > most) {
          return ticks;
        }
        if (tick >= least) {
          ticks.add(tick);
        }
      }
    }
    return ticks; // a report may say that something is infinite
  }

  /** "0.02", and "2e-6" where that would be long. */
  private static String number(double tick) {
    if (tick < 1e-4 || tick >= 1e6) {
      return String.format(Locale.ROOT, "%.0e", tick).replace("e-0", "e-");
    }
    return new BigDecimal(tick).round(new MathContext(1)).stripTrailingZeros().toPlainString();
  }
}
