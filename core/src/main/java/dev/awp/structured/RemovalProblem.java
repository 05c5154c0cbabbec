// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.structured;

import dev.awp.tensor.Matrix;

/**
 * Which units of a layer's columns stay, and with which weights: minimise tr((W - T) C (W - T)^T)
 * over all T whose columns are 0 but for those of {@code kept} units.
 *
 * @param w what the layer should be, [dOut, dIn]
 * @param c the second moment of its inputs, [dIn, dIn]
 * @param units of its columns
 * @param kept how many stay, at least one
 * @param damping what is added to the diagonal of C where weights are solved for, in units of its
 *     mean
 */
public record RemovalProblem(Matrix w, Matrix c, Units units, int kept, double damping) {
  public RemovalProblem {
    int columns = units.columns();
    if (w.columns() != columns || c.rows() != columns || c.columns() != columns) {
      throw new IllegalArgumentException(
          "weights %s and moments %s for %s columns in units".formatted(w, c, columns));
    }
    if (kept < 1 || kept > units.count()) {
      throw new IllegalArgumentException(kept + " of " + units.count() + " units cannot stay");
    }
    if (!(damping >= 0)) {
      throw new IllegalArgumentException("damping " + damping);
    }
  }

  /** How many units are removed. */
  public int removed() {
    return units.count() - kept;
  }
}
