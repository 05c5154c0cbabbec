// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.packed;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.LayerPlan;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.solver.Solution;
import dev.awp.solver.StopReason;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.SplittableRandom;

/** Solutions on grids whose codes are known. */
public final class GridSolutions {
  private GridSolutions() {}

  /** A layer of that shape. */
  static LinearLayer layer(int rows, int columns) {
    return new LinearLayer("layer", 0, InputSite.MLP_INPUT, rows, columns);
  }

  static LayerPlan plan(int rows, int columns, DType dtype, IntegerGrid grid) {
    return new LayerPlan(layer(rows, columns), dtype, grid, false);
  }

  /** Random codes, zero points and scales; the extreme ones among them. */
  public static Solution random(LayerPlan plan, long seed, Arena arena) {
    SplittableRandom random = new SplittableRandom(seed);
    IntegerGrid grid = plan.grid().orElseThrow();
    int rows = plan.layer().rows();
    int columns = plan.layer().columns();
    GridParameters parameters = GridParameters.allocate(grid, rows, columns, arena);
    int[][] codes = new int[rows][columns];
    for (int r = 0; r < rows; r++) {
      for (int g = 0; g < grid.groups(columns); g++) {
        double scale = Math.exp(random.nextDouble(-9, 1));
        parameters.scales().set(r, g, grid.storableScale(scale));
        int least = grid.storage().leastZeroPoint();
        int zero =
            grid.symmetric() ? 1 << (grid.bits() - 1) : random.nextInt(least, grid.maxCode() + 1);
        parameters
            .zeroPoints()
            .set(r, g, random.nextInt(4) == 0 && !grid.symmetric() ? least : zero);
      }
      for (int j = 0; j < columns; j++) {
        codes[r][j] = random.nextInt(5) == 0 ? grid.maxCode() : random.nextInt(grid.maxCode() + 1);
      }
    }
    return of(grid, codes, parameters, arena);
  }

  /** The solution of these codes. */
  static Solution of(IntegerGrid grid, int[][] codes, GridParameters parameters, Arena arena) {
    int columns = codes[0].length;
    int size = grid.groupSize(columns);
    Matrix t = Matrix.allocate(arena, codes.length, columns);
    for (int r = 0; r < codes.length; r++) {
      for (int j = 0; j < columns; j++) {
        float zeroPoint = parameters.zeroPoints().get(r, j / size);
        t.set(r, j, (codes[r][j] - zeroPoint) * parameters.scales().get(r, j / size));
      }
    }
    return new Solution(t, parameters, List.of(), 1, 0, 1, 1, StopReason.ITERATION_LIMIT, 0);
  }
}
