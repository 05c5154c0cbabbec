// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The figures behind a picture, as CSV. A page holds them twice: as text to read in place, and as a
 * link that saves the file. Neither needs a network or a script.
 */
public final class Figures {
  private final String file;
  private final List<String> lines = new ArrayList<>();

  /**
   * A table without lines.
   *
   * @param file the name under which it is saved
   */
  public Figures(String file, String... titles) {
    this.file = file;
    lines.add(line(Stream.of(titles)));
  }

  /** Adds a line. Numbers have the digits that they have in JSON. */
  public Figures add(Object... values) {
    lines.add(line(Stream.of(values)));
    return this;
  }

  /** As RFC 4180 has it, with line feeds. */
  private static String line(Stream<?> values) {
    return values.map(String::valueOf).map(Figures::field).collect(Collectors.joining(","));
  }

  private static String field(String value) {
    boolean plain = value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? value : '"' + value.replace("\"", "\"\"") + '"';
  }

  /** The file. */
  String csv() {
    return String.join("\n", lines) + "\n";
  }

  /** What opens below a picture. */
  String html() {
    return new Markup()
        .add(
            "<details><summary>Figures as CSV</summary>%n"
                + "<p><a download=\"%s\" href=\"data:text/csv;charset=utf-8,%s\">Save %s</a></p>%n"
                + "<pre tabindex=\"0\" role=\"region\" aria-label=\"%s\">%s</pre>%n</details>%n",
            file,
            URLEncoder.encode(csv(), StandardCharsets.UTF_8).replace("+", "%20"),
            file,
            file,
            Markup.escape(csv()))
        .toString();
  }
}
