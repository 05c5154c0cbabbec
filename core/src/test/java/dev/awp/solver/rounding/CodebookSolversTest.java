// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.fixture.CodebookGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.solver.Effort;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.registry.Solvers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The solvers on a grid that they have never heard of: {@link CodebookGrid}. */
class CodebookSolversTest {
  private static double objective(
      String solver, Effort effort, CodebookGrid grid, int columns, Arena arena) {
    Matrix w = RandomMatrices.of(Kind.GAUSSIAN, 21, columns, 4, arena);
    Matrix c = RandomMatrices.secondMoment(columns, 8, arena);
    try (Compute compute = Compute.create(2)) {
      Solution solution =
          Solvers.byName(solver, effort)
              .orElseThrow()
              .solve(new LayerProblem(w, c, grid), compute, arena, IterationListener.NONE);
      assertEquals(Optional.empty(), grid.check(solution.weights(), solution.grid()), solver);
      double objective = Objective.of(w, solution.weights(), c, compute);
      assertEquals(objective, solution.objective(), 1e-3 * objective + 1e-9);
      return objective;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 96, 160})
  void descentAndBeamBeatRoundingToNearestAndGptqOnUnequalLevels(int columns) {
    CodebookGrid grid = new CodebookGrid(false);
    try (Arena arena = Arena.ofShared()) {
      double descent = objective("cd", Effort.NORMAL, grid, columns, arena);
      double nearest = objective("rtn", Effort.NORMAL, grid, columns, arena);
      double gptq = objective("gptq", Effort.NORMAL, grid, columns, arena);
      assertTrue(descent < 0.7 * nearest, descent + " against " + nearest);
      assertTrue(descent < gptq, descent + " against " + gptq);
    }
  }

  @Test
  void aCodebookMayOfferItsScalesInClosedForm() {
    try (Arena arena = Arena.ofShared()) {
      double without = objective("cd", Effort.NORMAL, new CodebookGrid(false), 160, arena);
      double with = objective("cd", Effort.NORMAL, new CodebookGrid(true), 160, arena);
      assertTrue(with < without, with + " against " + without);
    }
  }

  @Test
  void methodsThatNeedAnIntegerGridDeclineIt() {
    CodebookGrid grid = new CodebookGrid(true);
    assertFalse(Solvers.byName("awq", Effort.NORMAL).orElseThrow().supports(grid));
    assertThrows(IllegalArgumentException.class, () -> new SparseGrid(new RowSparsity(0.5), grid));
  }
}
