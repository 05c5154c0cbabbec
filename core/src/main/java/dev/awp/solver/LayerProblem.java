// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.constraint.Constraint;
import dev.awp.tensor.Matrix;

/**
 * One linear layer: minimise f(T) = tr((W - T) C (W - T)^T) over T in the constraint set.
 *
 * @param weights W, [dOut, dIn]
 * @param secondMoment C, [dIn, dIn], symmetric positive semi-definite
 */
public record LayerProblem(Matrix weights, Matrix secondMoment, Constraint constraint) {
  public LayerProblem {
    int columns = weights.columns();
    if (secondMoment.rows() != columns || secondMoment.columns() != columns) {
      throw new IllegalArgumentException(
          "weights %s need a second moment [%d, %d], there is %s"
              .formatted(weights, columns, columns, secondMoment));
    }
  }
}
