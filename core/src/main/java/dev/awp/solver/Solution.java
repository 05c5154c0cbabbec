// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.constraint.GridParameters;
import dev.awp.tensor.Matrix;
import java.util.List;

/**
 * What a solver found.
 *
 * @param weights T, [dOut, dIn], in the constraint set
 * @param grid scales and zero points of T; empty for a constraint without a grid
 * @param trace f at every iteration, the start first
 * @param denseObjective f(0) = tr(W C W^T)
 * @param objective f(T)
 * @param iterations projections made
 * @param gemmEquivalents cost in units of 2 dOut dIn^2 flops
 * @param stop why the solver stopped
 * @param damping the most that was added to the diagonal of C to factor it, in units of its mean; 0
 *     where nothing was
 */
public record Solution(
    Matrix weights,
    GridParameters grid,
    List<IterationRecord> trace,
    double denseObjective,
    double objective,
    int iterations,
    double gemmEquivalents,
    StopReason stop,
    double damping) {
  public Solution {
    trace = List.copyOf(trace);
  }

  /** f(T) / f(0); 0 where the layer's output is zero on all calibration inputs. */
  public double relativeError() {
    return Objective.relative(objective, denseObjective);
  }

  /** The same with other weights and their grid; objective and trace stay those of the solver. */
  public Solution with(Matrix otherWeights, GridParameters otherGrid) {
    return new Solution(
        otherWeights,
        otherGrid,
        trace,
        denseObjective,
        objective,
        iterations,
        gemmEquivalents,
        stop,
        damping);
  }
}
