// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

/** Why a solver stopped. */
public enum StopReason {
  /** The gradient fell below the tolerance, or the selected entries no longer changed. */
  CONVERGED,
  /** The iterations were used up. */
  ITERATION_LIMIT,
  /** The method has no iterations. */
  ONE_SHOT
}
