// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.page.Pictures.Picture;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;

/**
 * Values in rows and columns: the more colour, the larger. A cell that is not there has no value; a
 * value that is no finite number has a frame instead of a colour.
 */
public final class HeatMap {
  /** How values become colours. */
  public enum Scale {
    /** From 0 to the largest. */
    LINEAR,
    /** From the smallest positive value to the largest, by ratios. */
    LOGARITHMIC
  }

  /**
   * A value.
   *
   * @param words what a reader is told who points at it
   */
  public record Cell(int row, int column, double value, String words) {}

  private static final int ROW = 24;
  private static final int GAP = 1;
  private static final int TOP = 8;
  private static final int BOTTOM = 84;
  private static final int RIGHT = 16;
  private static final int ALL_COLUMNS = 680;
  private static final int WIDEST = 64;
  private static final int NARROWEST = 6;
  private static final int WITH_NUMBERS = 46;
  private static final int LABEL_SPACE = 30;
  private static final int LONGEST_LABEL = 40;
  private static final int LETTER = 7;
  private static final int TALL = 30;
  private static final double FAINTEST = 0.06;
  private static final int LEGEND_STEPS = 8;

  private final List<String> rows;
  private final List<String> columns;
  private final List<Cell> cells;
  private final Scale scale;
  private final double least;
  private final double most;
  private final int left;
  private final double width;

  private HeatMap(List<String> rows, List<String> columns, List<Cell> cells, Scale scale) {
    this.rows = rows;
    this.columns = columns;
    this.cells = cells;
    this.scale = scale;
    DoubleSummaryStatistics positive =
        cells.stream()
            .mapToDouble(Cell::value)
            .filter(value -> value > 0 && Double.isFinite(value))
            .summaryStatistics();
    this.least = positive.getCount() == 0 ? 0 : positive.getMin();
    this.most = positive.getCount() == 0 ? 0 : positive.getMax();
    int longest = rows.stream().mapToInt(String::length).max().orElse(0);
    this.left = 20 + LETTER * Math.min(longest, LONGEST_LABEL);
    this.width = Math.clamp((double) ALL_COLUMNS / Math.max(1, columns.size()), NARROWEST, WIDEST);
  }

  /**
   * Draws.
   *
   * @param id of the picture in its page
   * @param description what it shows, in words
   * @param across what the columns are
   */
  public static Picture draw(
      String id,
      String title,
      String description,
      String across,
      List<String> rows,
      List<String> columns,
      List<Cell> cells,
      Scale scale) {
    String svg = new HeatMap(rows, columns, cells, scale).svg(id, title, description, across);
    return new Picture(svg, "", rows.size() > TALL);
  }

  private String svg(String id, String title, String description, String across) {
    double right = left + columns.size() * width;
    double all = Math.max(right + RIGHT, left + 240.0);
    int bottom = TOP + rows.size() * ROW;
    Markup svg =
        new Markup().naturalPicture(Math.round(all), bottom + BOTTOM, id, title, description);
    for (int row = 0; row < rows.size(); row++) {
      svg.add(
          "<text x=\"%s\" y=\"%s\" text-anchor=\"end\">%s</text>%n",
          left - 8,
          TOP + row * ROW + 16,
          Markup.escape(Markup.shortened(rows.get(row), LONGEST_LABEL)));
    }
    cells.forEach(cell -> draw(cell, svg));
    labels(svg, bottom);
    svg.add("<text x=\"%s\" y=\"%s\">%s</text>%n", left, bottom + 38, Markup.escape(across));
    legend(svg, bottom + 54);
    return svg.add("</svg>%n").toString();
  }

  private void draw(Cell cell, Markup svg) {
    double x = left + cell.column() * width;
    int y = TOP + cell.row() * ROW;
    boolean finite = Double.isFinite(cell.value());
    String paint =
        finite
            ? String.format(Locale.ROOT, "class=\"heat\" fill-opacity=\"%.3f\"", share(cell))
            : "class=\"odd\"";
    double gap = width > 3 * NARROWEST ? 2.0 * GAP : GAP;
    svg.add(
        "<rect %s x=\"%.1f\" y=\"%s\" width=\"%.1f\" height=\"%s\"><title>%s</title></rect>%n",
        paint, x, y, width - gap, ROW - 2 * GAP, Markup.escape(cell.words()));
    if (width >= WITH_NUMBERS) {
      svg.add(
          "<text class=\"in\" x=\"%.1f\" y=\"%s\" text-anchor=\"middle\">%s</text>%n",
          x + width / 2 - GAP, y + 16, brief(cell.value()));
    }
  }

  /** Three digits at most. */
  private static String brief(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "NaN" : "inf";
    }
    if (value == Math.rint(value) && Math.abs(value) < 1e4) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    boolean wide = value < 1e-3 || value >= 1e4;
    return wide
        ? String.format(Locale.ROOT, "%.0e", value).replace("e-0", "e-").replace("e+0", "e")
        : String.format(Locale.ROOT, "%.2g", value);
  }

  private double share(Cell cell) {
    return FAINTEST + (1 - FAINTEST) * share(cell.value());
  }

  private double share(double value) {
    if (value <= 0 || most == 0) {
      return 0;
    }
    if (scale == Scale.LINEAR) {
      return value / most;
    }
    return least == most ? 0.5 : Math.log(value / least) / Math.log(most / least);
  }

  /** As many columns as there is room have their names. */
  private void labels(Markup svg, int bottom) {
    int every = (int) Math.ceil(LABEL_SPACE / width);
    for (int unit : new int[] {1, 2, 5, 10, 20, 50, 100}) {
      if (unit >= every) {
        every = unit;
        break;
      }
    }
    int last = columns.size() - 1;
    for (int column = 0; column <= last; column++) {
      boolean near = column != last && (last - column) * width < LABEL_SPACE;
      if (column == last || (column % every == 0 && !near)) {
        svg.add(
            "<text x=\"%.1f\" y=\"%s\" text-anchor=\"middle\">%s</text>%n",
            left + (column + 0.5) * width, bottom + 18, Markup.escape(columns.get(column)));
      }
    }
  }

  private void legend(Markup svg, int y) {
    if (most == 0) {
      return;
    }
    String first = brief(scale == Scale.LINEAR ? 0 : least);
    svg.add("<text x=\"%s\" y=\"%s\">%s</text>%n", left, y + 11, first);
    int x = left + 8 + LETTER * first.length();
    boolean one = scale == Scale.LOGARITHMIC && least == most;
    for (int step = 0; step < LEGEND_STEPS && !one; step++) {
      svg.add(
          "<rect class=\"heat\" fill-opacity=\"%.3f\" x=\"%s\" y=\"%s\" width=\"18\""
              + " height=\"14\"/>%n",
          FAINTEST + (1 - FAINTEST) * step / (LEGEND_STEPS - 1), x + 18 * step, y);
    }
    if (!one) {
      svg.add(
          "<text x=\"%s\" y=\"%s\">%s</text>%n", x + 18 * LEGEND_STEPS + 8, y + 11, brief(most));
    }
  }
}
