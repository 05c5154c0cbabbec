// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.Effort;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.registry.Solvers;
import dev.awp.tensor.Matrix;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Solvers on the grids of GGUF's blocks. */
class BlockSolversTest extends SolverFixture {
  private static final int ROWS = 21;

  BlockSolversTest() {
    super(ROWS, 96, 4);
  }

  private Solution solve(String solver, Constraint constraint, Kind kind, int columns) {
    Matrix weights = RandomMatrices.of(kind, ROWS, columns, 4, arena);
    Matrix moment = RandomMatrices.secondMoment(columns, 8, arena);
    Solver named = Solvers.byName(solver, Effort.NORMAL).orElseThrow();
    Solution solution = solve(named, weights, moment, constraint);
    double objective = Objective.of(weights, solution.weights(), moment, compute);
    assertEquals(objective, solution.objective(), 1e-3 * objective + 1e-9);
    return solution;
  }

  @ParameterizedTest
  @EnumSource
  void descentBeatsTheOthersAndAllLieOnStorableScales(BlockGrid grid) {
    // More than the 128 columns that are rounded together, and a unit that is cut short.
    int columns = grid.unitColumns() < 128 ? 140 : 300;
    double descent = solve("cd", grid, Kind.GAUSSIAN, columns).objective();
    double nearest = solve("rtn", grid, Kind.GAUSSIAN, columns).objective();
    double gptq = solve("gptq", grid, Kind.GAUSSIAN, columns).objective();
    double ordered = solve("gptq-act-order", grid, Kind.GAUSSIAN, columns).objective();
    assertTrue(descent < 0.7 * nearest, descent + " against " + nearest);
    // At 8 bits little is left to gain, and the order of rounding moves it either way.
    double slack = grid.bits() == 8 ? 1.1 : 1;
    assertTrue(descent < slack * gptq, descent + " against " + gptq);
    assertTrue(descent < slack * ordered, descent + " against " + ordered);
    assertTrue(ordered < nearest, ordered + " against " + nearest);
  }

  @ParameterizedTest
  @EnumSource
  void moreBitsMeanLessError(BlockGrid grid) {
    double error = solve("cd", grid, Kind.GAUSSIAN, 256).relativeError();
    // Halving the step takes three quarters of the error off.
    double expected = 0.18 * Math.pow(4, 3 - grid.bits());
    assertTrue(error < expected, grid + " has " + error + ", not below " + expected);
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"ZERO", "CONSTANT", "TINY", "LARGE", "OUTLIERS", "TIES", "POSITIVE"})
  void oddWeightsAreStorableToo(Kind kind) {
    for (BlockGrid grid : BlockGrid.values()) {
      var _ = solve("cd", grid, kind, 70);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q5_0", "Q8_0", "Q3_K", "Q6_K"})
  void descentBeatsWandaWhereBlocksAreSparseToo(BlockGrid grid) {
    for (Constraint both :
        List.of(
            new SparseGrid(new RowSparsity(0.5), grid),
            new SparseGrid(new NmSparsity(2, 4), grid))) {
      double descent = solve("cd", both, Kind.GAUSSIAN, 272).objective();
      double wanda = solve("wanda", both, Kind.GAUSSIAN, 272).objective();
      assertTrue(descent < wanda, both.describe() + ": " + descent + " against " + wanda);
    }
  }

  @Test
  void methodsThatNeedAnIntegerGridSaySo() {
    Constraint both = new SparseGrid(new RowSparsity(0.5), BlockGrid.Q4_0);
    assertFalse(Solvers.byName("awq", Effort.NORMAL).orElseThrow().supports(BlockGrid.Q4_0));
    assertFalse(Solvers.byName("sparsegpt", Effort.NORMAL).orElseThrow().supports(both));
    assertFalse(Solvers.byName("awq-wanda", Effort.NORMAL).orElseThrow().supports(both));
  }
}
