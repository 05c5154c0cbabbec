// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import java.util.List;
import java.util.Locale;

/** Pictures in a page: each in a box that scrolls by itself, with its figures below. */
public final class Pictures {
  /** Colours that the style sheet has. */
  static final int COLOURS = 12;

  private Pictures() {}

  /** The class of the colour of the n-th series. */
  static String colour(int series) {
    return "s" + series % COLOURS;
  }

  /**
   * A section of one picture.
   *
   * @param picture may have a legend
   */
  public static void section(
      Markup html, String title, String caption, Picture picture, Figures figures) {
    begin(html, title);
    add(html, title, caption, picture);
    html.add("%s</section>%n", figures.html());
  }

  /** Begins a section of several pictures. */
  static void begin(Markup html, String title) {
    html.add("<section>%n<h2>%s</h2>%n", Markup.escape(title));
  }

  /** A picture of a section. */
  static void add(Markup html, String name, String caption, Picture picture) {
    html.add(
        "<p class=\"soft\">%s</p>%n<figure>"
            + "<div class=\"%s\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">%n%s</div>%s"
            + "</figure>%n",
        Markup.escape(caption),
        picture.tall() ? "scroll tall" : "scroll",
        Markup.escape(name),
        picture.svg(),
        picture.legend());
  }

  /**
   * A picture as markup.
   *
   * @param legend a list of series, or empty
   * @param tall whether it is too high for a screen
   */
  public record Picture(String svg, String legend, boolean tall) {
    Picture(String svg, String legend) {
      this(svg, legend, false);
    }
  }

  /** Which colour is which series; nothing where there is one. */
  static String legend(List<String> series) {
    if (series.size() < 2) {
      return "";
    }
    Markup html = new Markup().add("<ul class=\"legend\">");
    for (int i = 0; i < series.size(); i++) {
      html.add("<li class=\"%s\">%s</li>", colour(i), Markup.escape(series.get(i)));
    }
    return html.add("</ul>%n").toString();
  }

  /** A number of a figure: four digits, and a word where it is none. */
  public static String number(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "not a number" : value > 0 ? "infinite" : "minus infinite";
    }
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
