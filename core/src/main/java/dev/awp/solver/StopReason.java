// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

/** Why a solver stopped. */
public enum StopReason {
  /** The gradient fell below the tolerance. */
  CONVERGED,
  /** The iterations were used up. */
  ITERATION_LIMIT,
  /** The method has no iterations. */
  ONE_SHOT
}
