// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.estimate;

import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.compress.memory.MemoryPlan;
import dev.awp.compress.plan.Schemes;
import dev.awp.eval.Evaluator;
import dev.awp.format.ModelPlan;
import dev.awp.report.BudgetReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What stands before the first layer is solved.
 *
 * @param weights SHA-256 of the files that hold weights; none where nothing will be written
 * @param statistics what the moments are that the run is given
 * @param warnings what the report has to tell of the inputs and the outputs, a sentence each
 * @param structure what is removed of the model before, in words; nothing where nothing is
 * @param budget what other budgets than the run's would cost, where it was measured
 */
public record PreparedRun(
    Map<Path, String> weights,
    CalibrationSet calibration,
    Evaluator evaluator,
    MemoryPlan memory,
    Schemes schemes,
    ModelPlan plan,
    Optional<MomentsManifest> statistics,
    List<String> warnings,
    List<String> structure,
    Optional<BudgetReport> budget) {
  public PreparedRun {
    structure = List.copyOf(structure);
    warnings = List.copyOf(warnings);
  }
}
