// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.estimate;

import dev.awp.calibration.CalibrationSet;
import dev.awp.compress.memory.MemoryPlan;
import dev.awp.compress.plan.Schemes;
import dev.awp.eval.Evaluator;
import dev.awp.format.ModelPlan;

/** What stands before the first layer is solved. */
public record PreparedRun(
    CalibrationSet calibration,
    Evaluator evaluator,
    MemoryPlan memory,
    Schemes schemes,
    ModelPlan plan) {}
