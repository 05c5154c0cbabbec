// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static dev.awp.bench.Markdown.number;

import java.util.List;
import java.util.Map;

/** The markdown page of a family. */
final class Report {
  private Report() {}

  /**
   * The whole page.
   *
   * @param results rows of that family
   */
  static String page(
      Family family,
      boolean quick,
      Map<String, String> environment,
      Bandwidth bandwidth,
      List<Measurement> results) {
    StringBuilder text = new StringBuilder("# Benchmarks: " + family.word() + "\n\n");
    environment.forEach((name, value) -> text.append("- %s: %s\n".formatted(name, value)));
    line(text, "one thread", bandwidth.oneThread());
    line(text, "all threads", bandwidth.allThreads());
    text.append(
        "- Command: `scripts/bench %s%s`\n".formatted(family.word(), quick ? " --quick" : ""));
    if (quick) {
      text.append("\nShort measurements: for a first look only.\n");
    }
    text.append('\n').append(family.table(results, bandwidth));
    return text.toString();
  }

  private static void line(StringBuilder text, String threads, Bandwidth.Rates memory) {
    if (memory.copy().isPresent() && memory.triad().isPresent()) {
      text.append(
          "- Memory, %s: triad %s GB/s, copy %s GB/s\n"
              .formatted(
                  threads,
                  number(memory.triad().getAsDouble()),
                  number(memory.copy().getAsDouble())));
    }
  }
}
