// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.cli.print.Printable;
import dev.awp.report.PerplexityReport;
import dev.awp.report.RunReport;
import dev.awp.report.page.BarChart;
import dev.awp.report.page.Figures;
import dev.awp.report.page.Markup;
import dev.awp.report.page.ModelMap;
import dev.awp.report.page.Pictures;
import dev.awp.report.page.ScatterPlot;
import dev.awp.report.page.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** The pictures of batch.html: what every recipe costs, where in the models, and the time. */
final class BatchPictures {
  private final List<BatchReport.Run> written;

  BatchPictures(BatchReport report) {
    this.written = report.runs().stream().filter(run -> !run.result().isEmpty()).toList();
  }

  /** What can be read of a run, of the first text where it is of a text. */
  private record Measure(
      String name, String axis, Function<BatchReport.Result, Optional<Double>> of) {}

  private static final List<Measure> MEASURES =
      List.of(
          new Measure(
              "KL divergence",
              "KL divergence, nats a token",
              result ->
                  text(result, text -> text.divergence().isMeasured())
                      .map(text -> text.divergence().divergence().value())),
          new Measure(
              "Perplexity",
              "perplexity",
              result -> text(result, _ -> true).map(PerplexityReport::after)),
          new Measure(
              "Mean relative error",
              "mean of f(T) / f(0)",
              result -> Optional.of(result.summary().meanRelativeError())));

  private static Optional<PerplexityReport> text(
      BatchReport.Result result, Predicate<PerplexityReport> wanted) {
    return result.perplexity().stream().findFirst().filter(wanted);
  }

  void add(Markup html) {
    if (written.isEmpty()) {
      return;
    }
    List<String> models = written.stream().map(BatchReport.Run::model).distinct().toList();
    for (int i = 0; i < models.size(); i++) {
      costs(i, models.get(i), html);
    }
    map(html);
    time(html);
  }

  /** The recipes of a model by size, and by the best that is known of one of them. */
  private void costs(int number, String model, Markup html) {
    List<BatchReport.Run> runs = written.stream().filter(run -> run.model().equals(model)).toList();
    Measure measure =
        MEASURES.stream()
            .filter(some -> runs.stream().anyMatch(run -> some.of().apply(result(run)).isPresent()))
            .findFirst()
            .orElseThrow();
    Unit unit =
        Unit.ofBytes(runs.stream().mapToDouble(run -> result(run).bytes()).max().orElseThrow());
    Figures figures =
        new Figures("model-" + (number + 1) + ".csv", "model", "recipe", "bytes", measure.name());
    List<ScatterPlot.Point> points = new ArrayList<>();
    for (BatchReport.Run run : runs) {
      long bytes = result(run).bytes();
      measure
          .of()
          .apply(result(run))
          .ifPresent(
              value -> {
                figures.add(run.model(), run.recipe(), bytes, value);
                points.add(
                    new ScatterPlot.Point(
                        run.recipe(),
                        run.recipe(),
                        unit.in((double) bytes),
                        value,
                        "%s: %s, %s"
                            .formatted(run.name(), Printable.size(bytes), Pictures.number(value)),
                        false));
              });
    }
    String title = measure.name() + " against size: " + model;
    int left = runs.size() - points.size();
    String caption =
        "The size is that of all files. A line goes through what nothing else beats in both."
            + (left == 0 ? "" : " Left out: runs that did not measure it (%s).".formatted(left));
    Pictures.section(
        html,
        title,
        caption,
        ScatterPlot.draw(
            "costs-" + number,
            new ScatterPlot.Labels(title, caption, "size, " + unit.name(), measure.axis(), true),
            points),
        figures);
  }

  private static BatchReport.Result result(BatchReport.Run run) {
    return run.result().getFirst();
  }

  private void map(Markup html) {
    ModelMap.errors(
        html,
        "Where in the models",
        "run",
        List.of("model", "recipe"),
        written.stream()
            .map(
                run ->
                    new ModelMap.Row(
                        run.name(), List.of(run.model(), run.recipe()), errors(result(run))))
            .toList());
  }

  private static Map<Integer, Double> errors(BatchReport.Result result) {
    Map<Integer, Double> errors = new LinkedHashMap<>();
    result.errors().forEach(error -> errors.put(error.block(), error.meanRelativeError()));
    return errors;
  }

  /** By phases, where reports have them. */
  private void time(Markup html) {
    Figures figures = new Figures("seconds.csv", "model", "recipe", "phase", "seconds");
    List<BarChart.Bar> bars = new ArrayList<>();
    for (BatchReport.Run run : written) {
      double all = result(run).summary().seconds();
      List<RunReport.Phase> phases = result(run).phases();
      if (phases.isEmpty()) {
        phases = List.of(new RunReport.Phase("all", all));
      }
      List<BarChart.Part> parts = new ArrayList<>();
      for (RunReport.Phase phase : phases) {
        figures.add(run.model(), run.recipe(), phase.name(), phase.seconds());
        parts.add(
            new BarChart.Part(
                phase.name(),
                phase.seconds(),
                String.format(
                    Locale.ROOT, "%s, %s: %.1f s", run.name(), phase.name(), phase.seconds())));
      }
      bars.add(new BarChart.Bar(run.name(), Printable.clock(all), parts));
    }
    Pictures.section(
        html,
        "Time by phase",
        "Wall time of every run that is written, one phase after the other.",
        BarChart.draw("phases", "Time by phase", "A bar for each run, by phases.", bars),
        figures);
  }
}
