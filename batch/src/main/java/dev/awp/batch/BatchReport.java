// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.awp.AwpException;
import dev.awp.report.PerplexityReport;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.report.page.LayerPlace;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The whole story of a batch: batch.json among its results.
 *
 * @param awp version of the program
 * @param batch name of the file
 * @param runs in the order of the file
 */
record BatchReport(String awp, String batch, List<Run> runs) {
  static final String NAME = "batch.json";

  BatchReport {
    runs = List.copyOf(runs);
  }

  /**
   * One run.
   *
   * @param name model and recipe
   * @param command the words that were sent
   * @param end finished, skipped (it was there before), failed, or open
   * @param sentence why it failed; else empty
   * @param seconds that the last attempt took
   * @param host where it was
   * @param attempts one more than machines and processes that were lost
   * @param result what is in the output: one entry, or none where it failed
   */
  record Run(
      String name,
      String model,
      String recipe,
      String command,
      String end,
      String sentence,
      double seconds,
      String host,
      int attempts,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Result> result) {
    /** As it ended. */
    static Run of(BatchRun run, Optional<RunOutcome> outcome) {
      List<Result> result = List.of();
      String end = outcome.map(o -> o.end().name().toLowerCase(Locale.ROOT)).orElse("open");
      String sentence = outcome.map(RunOutcome::sentence).orElse("");
      if (outcome.isPresent() && outcome.get().isGood()) {
        try {
          result = List.of(Result.of(run));
        } catch (AwpException e) {
          end = "failed";
          sentence =
              "it was written on %s and cannot be read here: %s"
                  .formatted(outcome.get().host(), e.getMessage());
        }
      }
      return new Run(
          run.name(),
          run.model(),
          run.recipe(),
          BatchRun.quoted(run.command()),
          end,
          sentence,
          outcome.map(RunOutcome::seconds).orElse(0.0),
          outcome.map(RunOutcome::host).orElse(""),
          outcome.map(RunOutcome::attempt).orElse(0),
          result);
    }

    boolean failed() {
      return end.equals("failed");
    }
  }

  /**
   * What a run has written.
   *
   * @param reportSha256 of its report.json
   * @param bytes of all files that it names
   * @param phases what the run's time went into
   * @param errors mean relative errors of its blocks
   * @param warnings of the run
   * @param files by path, with their sums
   */
  record Result(
      String reportSha256,
      long bytes,
      RunReport.Summary summary,
      List<PerplexityReport> perplexity,
      List<RunReport.Phase> phases,
      List<BlockError> errors,
      List<String> warnings,
      Map<String, RunReport.FileSum> files) {
    private static Result of(BatchRun run) {
      RunReport report = ReportFile.read(run.output());
      return new Result(
          OutputState.reportSum(run.output()),
          report.files().values().stream().mapToLong(RunReport.FileSum::bytes).sum(),
          report.summary(),
          report.perplexity(),
          report.phases(),
          LayerPlace.meanErrors(report.layers()).entrySet().stream()
              .map(error -> new BlockError(error.getKey(), error.getValue()))
              .toList(),
          report.warnings(),
          report.files());
    }
  }

  /**
   * The error of a block.
   *
   * @param block its number; -1 for layers that are in none
   * @param meanRelativeError over its layers
   */
  record BlockError(int block, double meanRelativeError) {}

  boolean isGood() {
    return runs.stream().noneMatch(Run::failed);
  }
}
