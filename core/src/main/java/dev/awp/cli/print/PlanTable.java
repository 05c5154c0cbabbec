// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.report.PlanReport;
import dev.awp.report.TextReport;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;

/** A plan as a table: a line for each layer, and what they come to. */
public final class PlanTable {
  private PlanTable() {}

  public static void print(PlanReport plan, PrintWriter out) {
    int name = Math.max(5, width(plan.layers().stream().map(PlanReport.Layer::name).toList()));
    int words =
        Math.max(10, width(plan.layers().stream().map(PlanReport.Layer::constraint).toList()));
    String head = "%-" + name + "s %13s  %-" + words + "s  %-14s %10s %10s %9s%n";
    out.printf(head, "layer", "shape", "constraint", "solver", "stored", "packed", "GFLOP");
    for (PlanReport.Layer layer : plan.layers()) {
      out.printf(
          head,
          layer.name(),
          layer.rows() + " x " + layer.columns(),
          layer.constraint(),
          layer.solver(),
          Printable.size(layer.bytes()),
          Printable.size(layer.packedBytes()),
          String.format(Locale.ROOT, "%.3g", layer.flops() / 1e9));
    }
    plan.structure().forEach(out::println);
    plan.estimates().forEach(out::println);
    if (!plan.leftAlone().isEmpty()) {
      out.println("left alone: " + String.join(", ", plan.leftAlone()));
    }
    plan.texts().forEach(text -> out.println(words(text)));
    PlanReport.Totals totals = plan.totals();
    out.printf(
        Locale.ROOT,
        "%s layers; checkpoint %s, with packed codes %s; %.3f bits a weight, %.1f %% zeros in the"
            + " compressed layers%n",
        plan.layers().size(),
        Printable.size(totals.bytes()),
        Printable.size(totals.packedBytes()),
        totals.bitsPerWeight(),
        100 * totals.sparsity());
    out.printf(
        Locale.ROOT,
        "work: %s%.3g GFLOP solving, %.3g GFLOP running the texts; memory %s, %s calibration passes"
            + " a block%n",
        totals.measureFlops() == 0
            ? ""
            : String.format(Locale.ROOT, "%.3g GFLOP measuring, ", totals.measureFlops() / 1e9),
        totals.solveFlops() / 1e9,
        totals.passFlops() / 1e9,
        Printable.size(totals.memoryBytes()),
        totals.passes());
    out.printf(
        Locale.ROOT,
        "time: about %s, at the %.0f GFLOP/s that matrix products reach here now%n",
        Printable.clock(totals.seconds()),
        totals.gflopsPerSecond());
  }

  private static String words(TextReport text) {
    String dropped =
        text.dropped().entrySet().stream()
            .map(entry -> ", %s dropped (%s)".formatted(entry.getValue(), entry.getKey()))
            .collect(Collectors.joining());
    return "%s text %s: read as %s, documents %s, used %s%s"
        .formatted(text.use(), text.file(), text.readAs(), text.documents(), text.used(), dropped);
  }

  private static int width(Iterable<String> texts) {
    int width = 0;
    for (String text : texts) {
      width = Math.max(width, text.length());
    }
    return width;
  }
}
