// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.Grid;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.constraint.codebook.CodebookGrid;
import dev.awp.parallel.Workers;
import dev.awp.solver.LayerShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the dry run takes a solve for, beside the times of docs/solvers.md. */
class GridDescentCostTest {
  private static double cost(Grid grid, int columns) {
    try (Workers workers = new Workers(1)) {
      return new GridDescent().expectedCost(new LayerShape(columns, columns, grid, workers));
    }
  }

  /** Measured there are 3.3 (IQ2_XXS) to 7.3 (IQ2_S) times the time of Q4_K. */
  @ParameterizedTest
  @EnumSource
  void vectorsCostSomeTimesWhatEqualStepsDo(CodebookGrid grid) {
    double ratio = cost(grid, 512) / cost(BlockGrid.Q4_K, 512);
    assertTrue(ratio > 1.5 && ratio < 10, grid + ": " + ratio);
  }

  @Test
  void comparingWaysCostsLessTheWiderRowsAre() {
    double narrow = cost(BlockGrid.Q4_0, 512);
    double wide = cost(BlockGrid.Q4_0, 4096);
    assertTrue(narrow > 2 * wide, narrow + " and " + wide);
    assertTrue(wide > 8 && wide < 14, "4096 columns: " + wide);
  }
}
