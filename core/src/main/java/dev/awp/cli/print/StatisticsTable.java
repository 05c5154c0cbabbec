// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import static java.util.stream.Collectors.joining;

import dev.awp.calibrate.CalibrationPlan;
import dev.awp.calibration.saved.MomentsManifest;
import java.io.PrintWriter;
import java.util.Map;

/** What statistics are of, and what it takes to make them. */
public final class StatisticsTable {
  private StatisticsTable() {}

  public static void print(CalibrationPlan plan, PrintWriter out) {
    out.printf(
        "%s windows of %s tokens: %s%n",
        plan.windows(), plan.identity().length(), plan.identity().describe());
    out.printf(
        "disk: %s for the statistics of %s sites, %s more while it runs; there is room for %s%n",
        Printable.bytes(plan.momentBytes()),
        plan.sites(),
        Printable.bytes(plan.activationBytes()),
        Printable.bytes(plan.freeBytes()));
    out.printf("memory: %s beside the program%n", Printable.bytes(plan.memoryBytes()));
  }

  public static void print(MomentsManifest statistics, PrintWriter out) {
    out.printf(
        "%s of %s tokens: %s%n",
        statistics.kind() == MomentsManifest.Kind.TRIANGLES
            ? "second moments"
            : "diagonals of second moments",
        statistics.identity().length(),
        statistics.identity().describe());
    statistics.origins().forEach(origin -> out.println("from: " + words(origin)));
    long bytes =
        statistics.files().values().stream().mapToLong(MomentsManifest.FileSum::bytes).sum();
    out.printf("%s files, %s%n", statistics.files().size(), Printable.bytes(bytes));
  }

  private static String words(Map<String, String> origin) {
    return origin.entrySet().stream()
        .map(word -> word.getKey() + " " + word.getValue())
        .collect(joining(", "));
  }
}
