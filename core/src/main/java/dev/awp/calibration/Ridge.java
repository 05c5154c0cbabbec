// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.linalg.DampedFactor;
import dev.awp.tensor.Matrix;

/**
 * How far a second moment is trusted. With C + r mean(diag C) I in the place of C the objective is
 *
 * <pre>
 *   || (W - T) C^(1/2) ||_F^2 + r mean(diag C) || W - T ||_F^2
 * </pre>
 *
 * so that weights stay near their originals in directions that the calibration text hardly shows
 * and other text may (docs/decisions/0031-ridge.md).
 */
public final class Ridge {
  private Ridge() {}

  /**
   * Adds to the diagonal.
   *
   * @param c C, [dIn, dIn]
   * @param share r, in units of the mean of the diagonal
   */
  public static void add(Matrix c, double share) {
    double added = share * DampedFactor.meanDiagonal(c);
    for (int j = 0; added > 0 && j < c.rows(); j++) {
      c.set(j, j, (float) (c.get(j, j) + added));
    }
  }
}
