// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.block.BlockGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.SolverFixture;
import dev.awp.gguf.block.BlockRows;
import dev.awp.gguf.block.BlockType;
import dev.awp.solver.Effort;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.registry.Solvers;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks of every kind: how near the descent comes to the best there is, and weights beyond. */
class LevelSolversTest extends SolverFixture {
  private static final int COLUMNS = 3;

  LevelSolversTest() {
    super(4, COLUMNS, 11);
  }

  private Solution solve(String solver, BlockGrid grid, Matrix weights, Matrix moment) {
    LayerProblem problem = new LayerProblem(weights, moment, grid);
    Solution solution =
        Solvers.byName(solver, Effort.NORMAL)
            .orElseThrow()
            .solve(problem, compute, arena, IterationListener.NONE);
    assertEquals(Optional.empty(), grid.check(solution.weights(), solution.grid()), grid.name());
    return solution;
  }

  /** Every scale that a block can store, and every choice of codes. */
  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "IQ4_NL", "MXFP4", "NVFP4", "Q1_0", "Q2_0", "TQ2_0"})
  void aTinyBlockIsNearTheBestOfAll(BlockGrid grid) {
    Solution found = solve("cd", grid, w, c);
    double nearest = solve("rtn", grid, w, c).objective();
    double best = 0;
    for (int r = 0; r < w.rows(); r++) {
      best += best(grid, w.row(r).toArray(JAVA_FLOAT));
    }
    assertTrue(found.objective() >= best * (1 - 1e-4), found.objective() + " below " + best);
    assertTrue(found.objective() <= nearest, found.objective() + " above " + nearest);
    // Neighbouring scales are searched, not all of them, and none for groups as wide as TQ2_0's.
    double gap = (found.objective() - best) / (nearest - best);
    assertTrue(gap < 0.5, grid + ": " + found.objective() + ", best " + best + ", rtn " + nearest);
  }

  private double best(BlockGrid grid, float[] row) {
    double least = Double.POSITIVE_INFINITY;
    int codes = grid.maxCode() + 1;
    float[] values = new float[codes];
    for (double size = 0.01; size < 8; size *= 1.01) {
      for (int sign = -1; sign <= 1; sign += 2) {
        float scale = grid.storableScale(sign * size / widest(grid), 0);
        for (int k = 0; k < codes; k++) {
          values[k] = grid.value(k, scale, 0);
        }
        for (int choice = 0; choice < codes * codes * codes; choice++) {
          double e0 = row[0] - values[choice % codes];
          double e1 = row[1] - values[choice / codes % codes];
          double e2 = row[2] - values[choice / codes / codes];
          double f =
              e0 * (c.get(0, 0) * e0 + 2 * (c.get(0, 1) * e1 + c.get(0, 2) * e2))
                  + e1 * (c.get(1, 1) * e1 + 2 * c.get(1, 2) * e2)
                  + e2 * c.get(2, 2) * e2;
          least = Math.min(least, f);
        }
      }
    }
    return least;
  }

  private static float widest(BlockGrid grid) {
    return Math.max(grid.value(grid.maxCode(), 1, 0), -grid.value(0, 1, 0));
  }

  /** Zeros, equal weights, one of 1e30 among small ones, all of 1e30, all next to nothing. */
  @ParameterizedTest
  @EnumSource
  void noBlockDecodesToAnythingButNumbers(BlockGrid grid) {
    BlockType type = BlockType.of(grid).orElseThrow();
    for (int columns : new int[] {1, 3, type.blockColumns(), type.blockColumns() + 5}) {
      Matrix weights = RandomMatrices.of(Kind.GAUSSIAN, 6, columns, columns, arena);
      for (int j = 0; j < columns; j++) {
        weights.set(0, j, 0);
        weights.set(1, j, -0.7f);
        weights.set(3, j, weights.get(3, j) * 1e30f);
        weights.set(4, j, weights.get(4, j) * 1e-38f);
      }
      weights.set(2, columns / 2, 1e30f);
      Matrix moment = RandomMatrices.secondMoment(columns, 8, arena);
      Solution found = solve("cd", grid, weights, moment);
      assertDecodesToNumbers(type, found.weights(), found.grid());
      double nearest = finite(solve("rtn", grid, weights, moment), weights, moment);
      assertTrue(finite(found, weights, moment) <= nearest * (1 + 1e-5), grid.name());
    }
  }

  /** The objective of those rows whose own does not overflow. */
  private double finite(Solution solution, Matrix weights, Matrix moment) {
    double sum = 0;
    for (int r = 0; r < weights.rows(); r++) {
      double f =
          Objective.of(
              weights.rowRange(r, r + 1), solution.weights().rowRange(r, r + 1), moment, compute);
      sum += Double.isFinite(f) ? f : 0;
    }
    return sum;
  }

  private void assertDecodesToNumbers(BlockType type, Matrix t, GridParameters parameters) {
    int padded = Math.ceilDiv(t.columns(), type.blockColumns()) * type.blockColumns();
    BlockRows rows = type.blocks(t.columns(), padded);
    MemorySegment bytes = arena.allocate(type.rowBytes(padded));
    Matrix back = Matrix.allocate(arena, 1, padded);
    rows.begin(parameters);
    for (int r = 0; r < t.rows(); r++) {
      rows.write(t.row(r), parameters, r, bytes);
      type.reader(padded, padded, compute.kernels()).read(bytes, back.row(0));
      assertEquals(-1, compute.kernels().arithmetic().firstNonFinite(back.segment()), type.name());
    }
  }
}
