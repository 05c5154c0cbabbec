// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.CalibrationSet;
import dev.awp.format.ModelPlan;

/** What stands before the first layer is solved. */
record PreparedRun(
    CalibrationSet calibration,
    Evaluator evaluator,
    MemoryPlan memory,
    Schemes schemes,
    ModelPlan plan) {}
