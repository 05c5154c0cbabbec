// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.blas.StrassenBlas;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.pgd.PgdOptions;
import dev.awp.solver.pgd.ProjectedGradient;
import dev.awp.solver.splitting.OperatorSplitting;
import dev.awp.tensor.Matrix;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Solves whose products are made by Strassen's algorithm. */
class FastProductsTest extends SolverFixture {
  private static final RowSparsity HALF = new RowSparsity(0.5);

  FastProductsTest() {
    super(96, 256, 1);
  }

  /** C of inputs of which some channels are so much larger, and some never active. */
  private Matrix secondMoment(int columns, float larger) {
    Matrix x = RandomMatrices.of(Kind.GAUSSIAN, 3 * columns, columns, 7, arena);
    for (int token = 0; token < x.rows(); token++) {
      for (int j = 5; j < columns; j += 61) {
        x.set(token, j, larger * x.get(token, j));
        x.set(token, j - 2, 0);
      }
    }
    Matrix c = Matrix.allocate(arena, columns, columns);
    compute.blas().gemm(Op.TRANSPOSE, Op.NONE, 1f / x.rows(), x, x, 0, c);
    return c;
  }

  private double solve(Solver solver, LayerProblem problem, Compute on) {
    Matrix t = solver.solve(problem, on, arena, IterationListener.NONE).weights();
    return Objective.of(problem.weights(), t, problem.secondMoment(), compute);
  }

  @Test
  void outlierChannelsCostNothing() {
    for (float larger : new float[] {1, 100}) {
      LayerProblem problem = new LayerProblem(w, secondMoment(256, larger), HALF);
      for (Solver solver : List.of(new ProjectedGradient(), new OperatorSplitting())) {
        double ordinary = solve(solver, problem, compute);
        double fast = solve(solver, problem, StrassenBlas.in(compute));
        assertTrue(fast != ordinary, solver.name());
        assertEquals(ordinary, fast, 1e-5 * ordinary, solver.name() + ", " + larger);
      }
    }
  }

  /** Neither do the rows that leave, which take their pairs with them. */
  @Test
  void resultsDoNotDependOnThreads() {
    Matrix w = RandomMatrices.of(Kind.GAUSSIAN, 2101, 420, 2, arena);
    for (int row = 0; row < w.rows(); row++) {
      boolean settlesAtOnce = row % 96 >= 48 || row % 7 > 0;
      for (int j = 0; settlesAtOnce && row >= 96 && j < w.columns(); j += 2) {
        w.set(row, j, 0);
      }
    }
    LayerProblem problem = new LayerProblem(w, RandomMatrices.secondMoment(420, 3, arena), HALF);
    PgdOptions few = PgdOptions.of(PgdOptions.Start.WANDA, 2, 4);
    Solution expected = null;
    for (int threads : new int[] {1, 2, 4}) {
      try (Compute other = Compute.create(threads)) {
        Solution solution =
            new ProjectedGradient(any -> few)
                .solve(problem, StrassenBlas.in(other), arena, IterationListener.NONE);
        expected = expected == null ? solution : expected;
        assertEquals(
            -1, expected.weights().segment().mismatch(solution.weights().segment()), threads + "");
        assertTrue(solution.gemmEquivalents() < 0.75 * (solution.iterations() + 2));
      }
    }
  }
}
