// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.codebook.CodebookGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.Effort;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.registry.Solvers;
import dev.awp.tensor.Matrix;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Solvers on grids whose codes name vectors. */
class VectorSolversTest extends SolverFixture {
  private static final int ROWS = 13;

  VectorSolversTest() {
    super(ROWS, 96, 4);
  }

  private static Solver named(String solver) {
    return Solvers.byName(solver, Effort.NORMAL).orElseThrow();
  }

  private Solution solve(String solver, CodebookGrid grid, Kind kind, int columns) {
    Matrix weights = RandomMatrices.of(kind, ROWS, columns, 4, arena);
    Matrix moment = RandomMatrices.secondMoment(columns, 8, arena);
    Solution solution = solve(named(solver), weights, moment, grid);
    double objective = Objective.of(weights, solution.weights(), moment, compute);
    assertEquals(objective, solution.objective(), 1e-3 * objective + 1e-9);
    assertEquals(Optional.empty(), grid.check(solution.weights(), solution.grid()), solver);
    return solution;
  }

  @ParameterizedTest
  @EnumSource
  void descentBeatsFeedbackAloneAndThatBeatsRounding(CodebookGrid grid) {
    // A unit of 256 columns, and one that is cut short.
    double descent = solve("cd", grid, Kind.GAUSSIAN, 300).objective();
    double nearest = solve("rtn", grid, Kind.GAUSSIAN, 300).objective();
    double gptq = solve("gptq", grid, Kind.GAUSSIAN, 300).objective();
    double ordered = solve("gptq-act-order", grid, Kind.GAUSSIAN, 300).objective();
    assertTrue(descent < 0.3 * nearest, descent + " against " + nearest);
    assertTrue(descent < gptq, descent + " against " + gptq);
    assertTrue(descent < ordered, descent + " against " + ordered);
    assertTrue(gptq < nearest, gptq + " against " + nearest);
    assertTrue(ordered < nearest, ordered + " against " + nearest);
  }

  /** A row's last run may be shorter than a vector. */
  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"ZERO", "CONSTANT", "TINY", "LARGE", "OUTLIERS", "TIES", "POSITIVE"})
  void oddWeightsAreStorableToo(Kind kind) {
    for (CodebookGrid grid : CodebookGrid.values()) {
      Matrix t = solve("cd", grid, kind, 46).weights();
      for (int j = 0; j < 46; j++) {
        assertTrue(Float.isFinite(t.get(3, j)));
      }
    }
  }

  /**
   * One grid for each search of vectors: with free signs, with an even number of them, with shifts.
   */
  @ParameterizedTest
  @EnumSource(names = {"IQ3_S", "IQ2_XXS", "IQ1_M"})
  void theNumberOfThreadsChangesNothing(CodebookGrid grid) {
    Matrix weights = RandomMatrices.of(Kind.GAUSSIAN, 70, 264, 4, arena);
    Matrix moment = RandomMatrices.secondMoment(264, 8, arena);
    LayerProblem problem = new LayerProblem(weights, moment, grid);
    Matrix one;
    try (Compute single = Compute.create(1)) {
      one = named("cd").solve(problem, single, arena, IterationListener.NONE).weights();
    }
    try (Compute four = Compute.create(4)) {
      Matrix other = named("cd").solve(problem, four, arena, IterationListener.NONE).weights();
      assertEquals(-1, one.segment().mismatch(other.segment()));
    }
  }

  @Test
  void methodsThatNeedAnIntegerGridSaySo() {
    assertFalse(named("awq").supports(CodebookGrid.IQ3_S));
  }
}
