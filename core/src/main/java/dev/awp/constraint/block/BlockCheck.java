// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.block;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.GridParameters;
import dev.awp.tensor.Matrix;
import java.util.Optional;

/** Whether a matrix lies on a grid of blocks, with scales that such blocks can store. */
final class BlockCheck {
  private BlockCheck() {}

  static Optional<String> check(BlockGrid grid, Matrix t, GridParameters parameters) {
    int groups = grid.groups(t.columns());
    if (parameters.scales().rows() != t.rows() || parameters.scales().columns() != groups) {
      return Optional.of(
          "a matrix %s needs scales [%s, %s], there are %s"
              .formatted(t, t.rows(), groups, parameters.scales()));
    }
    float factor = grid.hasMatrixScale() ? MatrixScale.ofScales(parameters.scales()) : 1;
    for (int r = 0; r < t.rows(); r++) {
      for (int g = 0; g < groups; g++) {
        Optional<String> wrong = scales(grid, factor, parameters, r, g);
        if (wrong.isPresent()) {
          return wrong;
        }
      }
      float[] row = t.row(r).toArray(JAVA_FLOAT);
      for (int c = 0; c < row.length; c++) {
        int g = c / grid.groupColumns();
        float scale = parameters.scales().get(r, g);
        float minimum = parameters.minimum(r, g);
        if (grid.value(grid.nearest(row[c], scale, minimum), scale, minimum) != row[c]) {
          return Optional.of(
              "row %s, column %s holds %s, which is not on its grid of scale %s and minimum %s"
                  .formatted(r, c, row[c], scale, minimum));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> scales(
      BlockGrid grid, float factor, GridParameters parameters, int row, int group) {
    int unit = group / grid.unitGroups();
    float scale = parameters.scales().get(row, group);
    float minimum = parameters.minimum(row, group);
    float superScale = parameters.superScale(row, unit);
    float superMinimum = parameters.superMinimum(row, unit);
    boolean storable =
        !grid.hasSuperScales()
            || (grid.storableSuperScale(superScale) == superScale
                && grid.storableSuperMinimum(superMinimum) == superMinimum);
    if (storable
        && grid.storableScale(scale / factor, superScale) * factor == scale
        && (!grid.hasMinimums() || grid.storableMinimum(minimum, superMinimum) == minimum)
        && parameters.zeroPoints().get(row, group) == grid.zero()) {
      return Optional.empty();
    }
    return Optional.of(
        "row %s, group %s has scale %s and minimum %s, which %s cannot store"
            .formatted(row, group, scale, minimum, grid.describe()));
  }
}
