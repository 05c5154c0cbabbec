// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.LayerPlan;
import dev.awp.solver.Solution;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;

/** The codes of a solution on a grid, row by row: value = (code - zero point) * scale, exactly. */
public final class GridCodes {
  private final String layer;
  private final Matrix weights;
  private final Matrix scales;
  private final Matrix zeroPoints;
  private final int maxCode;
  private final int groupSize;
  private final float[] row;

  public GridCodes(LayerPlan plan, Solution solution) {
    IntegerGrid grid = plan.grid().orElseThrow();
    this.layer = plan.layer().name();
    this.weights = solution.weights();
    this.scales = solution.grid().scales();
    this.zeroPoints = solution.grid().zeroPoints();
    this.maxCode = grid.maxCode();
    this.groupSize = grid.groupSize(weights.columns());
    this.row = new float[weights.columns()];
  }

  /**
   * The codes of a row, each in 0 .. 2^bits - 1.
   *
   * @param codes receives one for each column, from an index on
   * @throws IllegalStateException where a value is not what its code stands for
   */
  public void row(int r, int[] codes, int from) {
    MemorySegment.copy(weights.row(r), JAVA_FLOAT, 0, row, 0, row.length);
    for (int g = 0; g < scales.columns(); g++) {
      int start = g * groupSize;
      int end = Math.min(row.length, start + groupSize);
      float scale = scales.get(r, g);
      float zeroPoint = zeroPoints.get(r, g);
      boolean exact = true;
      for (int j = start; j < end; j++) {
        float code = (float) Math.rint(row[j] / scale) + zeroPoint;
        codes[from + j] = (int) code;
        exact &= code >= 0 && code <= maxCode && (code - zeroPoint) * scale == row[j];
      }
      if (!exact) {
        throw new IllegalStateException(
            "%s, row %s: a value of group %s is not on its grid of scale %s and zero point %s"
                .formatted(layer, r, g, scale, zeroPoint));
      }
    }
  }

  public int groups() {
    return scales.columns();
  }

  public int zeroPoint(int r, int g) {
    return (int) zeroPoints.get(r, g);
  }

  /** Scales, [rows, groups]. */
  public Matrix scales() {
    return scales;
  }
}
