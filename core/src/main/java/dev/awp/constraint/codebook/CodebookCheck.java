// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.GridParameters;
import dev.awp.tensor.Matrix;
import java.util.Optional;

/** Whether a matrix lies on a codebook's grid, with scales that its blocks can store. */
final class CodebookCheck {
  private CodebookCheck() {}

  static Optional<String> check(CodebookGrid grid, Matrix t, GridParameters parameters) {
    int groups = grid.groups(t.columns());
    if (parameters.scales().rows() != t.rows() || parameters.scales().columns() != groups) {
      return Optional.of(
          "a matrix %s needs scales [%s, %s], there are %s"
              .formatted(t, t.rows(), groups, parameters.scales()));
    }
    VectorCodes codes = new VectorCodes(grid);
    for (int r = 0; r < t.rows(); r++) {
      for (int g = 0; g < groups; g++) {
        if (!isStorable(grid, parameters, r, g)) {
          return Optional.of(
              "row %s, group %s has scale %s and zero point %s, which %s cannot store"
                  .formatted(
                      r,
                      g,
                      parameters.scales().get(r, g),
                      parameters.zeroPoints().get(r, g),
                      grid.describe()));
        }
      }
      float[] row = t.row(r).toArray(JAVA_FLOAT);
      for (int first = 0; first < row.length; first += grid.runLength()) {
        int g = first / grid.groupColumns();
        float scale = parameters.scales().get(r, g);
        int n = Math.min(grid.runLength(), row.length - first);
        if (!codes.take(row, first, n, scale, parameters.zeroPoints().get(r, g))) {
          return Optional.of(
              "row %s, columns %s to %s hold no vector of %s at the scale %s"
                  .formatted(r, first, first + n - 1, grid.describe(), scale));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isStorable(
      CodebookGrid grid, GridParameters parameters, int row, int group) {
    int unit = group * grid.groupColumns() / CodebookGrid.BLOCK;
    float scale = parameters.scales().get(row, group);
    float superScale = parameters.superScale(row, unit);
    float zeroPoint = parameters.zeroPoints().get(row, group);
    boolean shifted = grid.signs() == CodebookGrid.Signs.SHIFT_OF_GROUP;
    return (superScale == 0 || grid.storableSuperScale(superScale) == superScale)
        && grid.storableScale(scale, superScale) == scale
        && Math.abs(zeroPoint) == (shifted ? CodebookGrid.SHIFT : 0);
  }
}
