// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

/**
 * One point of a solver's trace.
 *
 * @param iteration 0 for the start
 * @param objective f(T) of the iterate
 * @param gradientNorm norm((W - T) C)_F, half the norm of the gradient; NaN where not computed
 * @param feasible whether the iterate lies in the constraint set
 */
public record IterationRecord(
    int iteration, double objective, double gradientNorm, boolean feasible) {}
