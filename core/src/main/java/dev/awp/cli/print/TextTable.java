// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Lines of cells in columns, as wide as their widest cell: the first to the left, others right. */
public final class TextTable {
  private final List<List<String>> lines = new ArrayList<>();

  /** A table with its titles. */
  public TextTable(String... titles) {
    this(List.of(titles));
  }

  /** A table with its titles. */
  public TextTable(List<String> titles) {
    lines.add(List.copyOf(titles));
  }

  /** Adds a line of as many cells as there are titles. */
  public void add(String... cells) {
    add(List.of(cells));
  }

  /** Adds a line of as many cells as there are titles. */
  public void add(List<String> cells) {
    if (cells.size() != lines.getFirst().size()) {
      throw new IllegalArgumentException(
          cells.size() + " cells for " + lines.getFirst().size() + " columns");
    }
    lines.add(List.copyOf(cells));
  }

  public boolean isEmpty() {
    return lines.size() == 1;
  }

  public void print(PrintWriter out) {
    int columns = lines.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> line : lines) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], line.get(c).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        String cell = Printable.text(line.get(c));
        String space = " ".repeat(widths[c] - line.get(c).length());
        text.append(c == 0 ? cell + space : "  " + space + cell);
      }
      out.println(text.toString().stripTrailing());
    }
  }
}
