// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.page.Pictures.Picture;
import java.util.List;

/** Bars of parts, one below the other. */
public final class BarChart {
  private static final int ROW = 26;
  private static final int BAR = 18;
  private static final int WIDTH = 780;
  private static final int VALUE = 90;
  private static final int LONGEST_LABEL = 40;
  private static final int LETTER = 7;
  private static final int TALL = 30;

  /**
   * A bar.
   *
   * @param words its length, in words
   */
  public record Bar(String name, String words, List<Part> parts) {
    public Bar {
      parts = List.copyOf(parts);
    }

    private double length() {
      return parts.stream().mapToDouble(Part::value).filter(Double::isFinite).sum();
    }
  }

  /**
   * A part of a bar.
   *
   * @param series the same in all bars has the same colour
   * @param words what a reader is told who points at it
   */
  public record Part(String series, double value, String words) {}

  private BarChart() {}

  /** Draws; what is no finite number has no length. */
  public static Picture draw(String id, String title, String description, List<Bar> bars) {
    List<String> series =
        bars.stream().flatMap(bar -> bar.parts().stream()).map(Part::series).distinct().toList();
    double most = bars.stream().mapToDouble(Bar::length).max().orElse(0);
    int longest = bars.stream().mapToInt(bar -> bar.name().length()).max().orElse(0);
    int left = 22 + LETTER * Math.min(longest, LONGEST_LABEL);
    int height = bars.size() * ROW + 8;
    Markup svg = new Markup().naturalPicture(WIDTH, height, id, title, description);
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      int y = 4 + i * ROW;
      svg.add(
          "<text x=\"%s\" y=\"%s\" text-anchor=\"end\">%s</text>%n",
          left - 8, y + 14, Markup.escape(Markup.shortened(bar.name(), LONGEST_LABEL)));
      double x = left;
      for (Part part : bar.parts()) {
        double width =
            most == 0 || !Double.isFinite(part.value())
                ? 0
                : part.value() / most * (WIDTH - left - VALUE);
        svg.add(
            "<rect class=\"part %s\" x=\"%.1f\" y=\"%s\" width=\"%.1f\" height=\"%s\">"
                + "<title>%s</title></rect>%n",
            Pictures.colour(series.indexOf(part.series())),
            x,
            y,
            width,
            BAR,
            Markup.escape(part.words()));
        x += width;
      }
      svg.add("<text x=\"%.1f\" y=\"%s\">%s</text>%n", x + 6, y + 14, Markup.escape(bar.words()));
    }
    return new Picture(svg.add("</svg>%n").toString(), Pictures.legend(series), bars.size() > TALL);
  }
}
