// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.BudgetReport;
import dev.awp.report.RunReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What a run cost, and what another choice would have cost. */
final class CostPictures {
  private CostPictures() {}

  /** Bytes of the files of weights that a run wrote, by folder: one for each format. */
  static Map<String, Long> sizes(RunReport report) {
    Map<String, Long> sizes = new TreeMap<>();
    report
        .files()
        .forEach(
            (name, sum) -> {
              String folder = name.substring(0, name.lastIndexOf('/') + 1);
              boolean weights = name.endsWith(".safetensors") || name.endsWith(".gguf");
              if (weights && !("/" + folder).endsWith("/awp/")) {
                sizes.merge(folder.replaceFirst("/$", ""), sum.bytes(), Long::sum);
              }
            });
    return sizes;
  }

  /** What other budgets would have cost. */
  static void budget(BudgetReport report, Markup html) {
    boolean bytes = report.unit().equals("bytes");
    double most =
        Math.max(
            report.chosen().cost(),
            report.points().stream().mapToLong(BudgetReport.Point::cost).max().orElse(0));
    Unit unit = bytes ? Unit.ofBytes(most) : Unit.ofCount(most, "weights");
    Figures figures = new Figures("budget.csv", report.unit(), "divergence", "chosen");
    List<ScatterPlot.Point> points = new ArrayList<>();
    for (BudgetReport.Point other : report.points()) {
      figures.add(other.cost(), other.divergence(), false);
      points.add(point("other budgets", "", other, unit, false));
    }
    figures.add(report.chosen().cost(), report.chosen().divergence(), true);
    points.add(point("this run", "this run", report.chosen(), unit, true));
    String caption =
        "Nats a token that every budget would cost, estimated: the sum of what the errors of each"
            + " layer do to the predictions by themselves, measured on the calibration texts.";
    Pictures.section(
        html,
        bytes ? "What another size would cost" : "What another share of zeros would cost",
        caption,
        ScatterPlot.draw(
            "budget",
            new ScatterPlot.Labels(
                "Estimated divergence against " + report.unit(),
                caption,
                bytes ? "size, " + unit.name() : unit.name() + " that stay",
                "estimated KL divergence, nats a token",
                true),
            points),
        figures);
  }

  private static ScatterPlot.Point point(
      String series, String name, BudgetReport.Point point, Unit unit, boolean marked) {
    return new ScatterPlot.Point(
        series,
        name,
        unit.in((double) point.cost()),
        point.divergence(),
        String.format(
            Locale.ROOT,
            "%s: %.4g %s, %s nats",
            series,
            unit.in((double) point.cost()),
            unit.name(),
            Pictures.number(point.divergence())),
        marked);
  }

  /** What the time went into. */
  static void phases(List<RunReport.Phase> phases, Markup html) {
    double all = phases.stream().mapToDouble(RunReport.Phase::seconds).sum();
    Figures figures = new Figures("phases.csv", "phase", "seconds");
    phases.forEach(phase -> figures.add(phase.name(), phase.seconds()));
    Pictures.section(
        html,
        "Time by phase",
        "Wall time, one phase after the other.",
        BarChart.draw(
            "phases",
            "Time by phase",
            "Seconds of each phase of the run.",
            phases.stream().map(phase -> bar(phase, all)).toList()),
        figures);
  }

  private static BarChart.Bar bar(RunReport.Phase phase, double all) {
    String words = ReportTables.seconds(phase.seconds());
    String share =
        all > 0 ? String.format(Locale.ROOT, ", %.0f %%", 100 * phase.seconds() / all) : "";
    return new BarChart.Bar(
        phase.name(),
        words + share,
        List.of(
            new BarChart.Part("seconds", phase.seconds(), phase.name() + ": " + words + share)));
  }
}
