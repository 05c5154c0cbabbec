// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.pgd;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.Sparsity;
import java.util.Optional;

/** Which set each iteration of projected gradient descent projects on. */
record PgdSchedule(Constraint constraint, PgdOptions options) {
  /** The set for the projection number t (from 0), which yields iterate t + 1. */
  Constraint at(int t) {
    Optional<Sparsity> sparsity = constraint.sparsity();
    boolean relaxed = t < options.pruneOnly() || t < options.ramp();
    if (sparsity.isEmpty() || !relaxed) {
      return constraint;
    }
    double progress = options.ramp() == 0 ? 1 : Math.min(1, (t + 1.0) / options.ramp());
    return sparsity.get().relaxed(progress);
  }

  /** Whether iterate t lies in the constraint set. */
  boolean isFeasible(int t) {
    return t == 0
        ? options.start() != PgdOptions.Start.DENSE
        : t > Math.max(options.pruneOnly(), options.ramp());
  }
}
