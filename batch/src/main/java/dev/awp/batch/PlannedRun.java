// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.AwpException;
import dev.awp.compress.CompressionListener;
import dev.awp.compress.walk.Compressor;
import dev.awp.compute.Compute;
import dev.awp.report.PlanReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;

/**
 * A run before it is sent.
 *
 * @param state what lies at its output
 * @param plan what its dry run says, estimated where the run has to measure for it; none of a run
 *     that has finished, or has nothing left to do but to tidy up, and of a refused one
 * @param refusal why it cannot be, where it cannot
 */
record PlannedRun(
    BatchRun run, OutputState state, Optional<PlanReport> plan, Optional<String> refusal) {
  /** What takes longest goes first, so that none begins when the others are over. */
  static final Comparator<PlannedRun> LONGEST_FIRST =
      Comparator.comparingDouble(PlannedRun::flops).reversed();

  /**
   * Plans a run as {@code awp compress --dry-run} does, but for measuring, which takes as long as
   * much of the run.
   *
   * @param results folder of the batch's notes
   */
  static PlannedRun of(BatchRun run, Path results, Compute compute) {
    OutputState state;
    try {
      state = OutputState.of(results, run.name(), run.command(), run.output(), run.inputs());
    } catch (AwpException e) {
      return refused(run, OutputState.MISSING, e.getMessage());
    }
    boolean ended = state == OutputState.UNFINISHED && Files.exists(run.output());
    if (state == OutputState.FINISHED || ended) {
      return new PlannedRun(run, state, Optional.empty(), Optional.empty());
    }
    try {
      PlanReport plan = Compressor.estimate(run.options(), compute, new CompressionListener() {});
      return new PlannedRun(run, state, Optional.of(plan), Optional.empty());
    } catch (AwpException e) {
      return refused(run, state, e.getMessage());
    }
  }

  private static PlannedRun refused(BatchRun run, OutputState state, String sentence) {
    return new PlannedRun(run, state, Optional.empty(), Optional.of(sentence));
  }

  /** Work of the run; none where there is no plan. */
  double flops() {
    return plan.map(PlanReport::totals)
        .map(totals -> totals.measureFlops() + totals.solveFlops() + totals.passFlops())
        .orElse(0.0);
  }

  /** Bytes of memory that the run has in use at most; 0 where there is no plan. */
  long memory() {
    return plan.map(report -> report.totals().memoryBytes()).orElse(0L);
  }

  /** Whether it is to be sent. */
  boolean isOpen() {
    return refusal.isEmpty() && state != OutputState.FINISHED;
  }
}
