// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.pgd;

import dev.awp.constraint.Constraint;

/**
 * The paper's settings, each open to change.
 *
 * @param start where the iteration begins
 * @param step eta * norm(C)_F: 2 for pruning, 1.5 otherwise
 * @param iterations at most so many projections
 * @param tolerance stop when norm((W - T) C)_F / norm(W)_F falls below; 0 never stops
 * @param pruneOnly first iterations that project on the sparsity alone (joint mode), less than
 *     {@code iterations}
 * @param ramp first iterations over which the sparsity rises linearly from none to all of it
 */
public record PgdOptions(
    Start start, double step, int iterations, double tolerance, int pruneOnly, int ramp) {
  /** Where the iteration begins. */
  public enum Start {
    /** Wanda's selection; pruning. */
    WANDA,
    /** Round to nearest; quantization. */
    NEAREST,
    /** The dense weights: not in the constraint set. */
    DENSE
  }

  public PgdOptions {
    if (!(step > 0) || Double.isInfinite(step)) {
      throw new IllegalArgumentException("the step eta * norm(C)_F must be positive, not " + step);
    }
    if (iterations < 1) {
      throw new IllegalArgumentException("at least 1 iteration is needed, not " + iterations);
    }
    if (!(tolerance >= 0)) {
      throw new IllegalArgumentException("the tolerance must not be negative, it is " + tolerance);
    }
    if (pruneOnly < 0 || pruneOnly >= iterations) {
      throw new IllegalArgumentException(
          "of %s iterations 0 to %s can be for pruning alone, not %s"
              .formatted(iterations, iterations - 1, pruneOnly));
    }
    if (ramp < 0 || ramp >= iterations) {
      throw new IllegalArgumentException(
          "a ramp takes 0 to %s of %s iterations, not %s"
              .formatted(iterations - 1, iterations, ramp));
    }
  }

  /** Settings that never stop early, and prune all there is to prune from the first iteration. */
  public static PgdOptions of(Start start, double step, int iterations) {
    return new PgdOptions(start, step, iterations, 0, 0, 0);
  }

  /** The paper's settings for a constraint. */
  public static PgdOptions forConstraint(Constraint constraint) {
    if (constraint.grid().isEmpty()) {
      return new PgdOptions(Start.WANDA, 2, 200, 1e-4, 0, 0);
    }
    return constraint.sparsity().isEmpty()
        ? of(Start.NEAREST, 1.5, 10)
        : new PgdOptions(Start.DENSE, 1.5, 100, 0, 50, 25);
  }
}
