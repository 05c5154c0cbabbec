// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.Effort;
import dev.awp.solver.IterationListener;
import dev.awp.solver.IterationRecord;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.StopReason;
import dev.awp.solver.baseline.Magnitude;
import dev.awp.solver.baseline.RoundToNearest;
import dev.awp.solver.baseline.Wanda;
import dev.awp.solver.pgd.PgdOptions;
import dev.awp.solver.pgd.ProjectedGradient;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Projected gradient descent and the baselines on generated layers. */
class SolversTest extends SolverFixture {
  private static final List<Constraint> ALL =
      List.of(
          new RowSparsity(0.5),
          new RowSparsity(0.7),
          new NmSparsity(2, 4),
          new IntegerGrid(4, 32, false, DType.BF16),
          new IntegerGrid(3, 0, true, DType.F16),
          new IntegerGrid(2, 64, false, DType.F32),
          new SparseGrid(new RowSparsity(0.5), new IntegerGrid(4, 128, false, DType.BF16)),
          new SparseGrid(new NmSparsity(2, 4), new IntegerGrid(4, 24, true, DType.F32)));

  SolversTest() {
    super(70, 97, 1);
  }

  @Test
  void everySolutionLiesInItsSetAndIsWorthWhatItSays() {
    for (Constraint constraint : ALL) {
      for (Solver solver : Solvers.all(Effort.NORMAL)) {
        if (solver.supports(constraint)) {
          Solution solution = solve(solver, constraint);
          String what = solver.name() + ", " + constraint.describe();
          assertEquals(
              Optional.empty(), constraint.check(solution.weights(), solution.grid()), what);
          double exact = objective(solution.weights());
          assertEquals(exact, solution.objective(), 1e-4 * exact, what);
          assertEquals(
              solution.objective(),
              solution.trace().stream()
                  .filter(IterationRecord::feasible)
                  .mapToDouble(IterationRecord::objective)
                  .min()
                  .orElseThrow(),
              what);
          Matrix zero = Matrix.allocate(arena, w.rows(), w.columns());
          assertEquals(objective(zero), solution.denseObjective(), 1e-4 * objective(zero), what);
        }
      }
    }
  }

  @Test
  void pruningBeatsTheBaselines() {
    for (Constraint constraint :
        List.of(new RowSparsity(0.5), new RowSparsity(0.7), new NmSparsity(2, 4))) {
      double pgd = solve(new ProjectedGradient(), constraint).objective();
      double wanda = solve(new Wanda(), constraint).objective();
      double magnitude = solve(new Magnitude(), constraint).objective();
      assertTrue(pgd < 0.8 * wanda, pgd + " against Wanda's " + wanda);
      assertTrue(wanda < magnitude, wanda + " against magnitude's " + magnitude);
    }
  }

  @Test
  void quantizationIsNeverWorseThanItsStart() {
    for (int bits : new int[] {2, 3, 4, 8}) {
      Constraint grid = new IntegerGrid(bits, 32, false, DType.BF16);
      double pgd = solve(new ProjectedGradient(), grid).objective();
      double nearest = solve(new RoundToNearest(), grid).objective();
      assertTrue(pgd <= nearest * (1 + 1e-6), bits + " bits: " + pgd + " against " + nearest);
    }
  }

  @Test
  void jointBeatsPruningThenRounding() {
    Constraint joint =
        new SparseGrid(new RowSparsity(0.5), new IntegerGrid(4, 32, false, DType.F32));
    double pgd = solve(new ProjectedGradient(), joint).objective();
    double wanda = solve(new Wanda(), joint).objective();
    assertTrue(pgd < 0.8 * wanda, pgd + " against " + wanda);
  }

  @Test
  void wandaKeepsTheLargestScores() {
    Solution solution = solve(new Wanda(), new RowSparsity(0.5));
    for (int row = 0; row < w.rows(); row++) {
      double least = Double.POSITIVE_INFINITY;
      double most = 0;
      for (int j = 0; j < w.columns(); j++) {
        double score = Math.abs(w.get(row, j)) * Math.sqrt(c.get(j, j));
        float kept = solution.weights().get(row, j);
        if (kept != 0) {
          assertEquals(w.get(row, j), kept);
          least = Math.min(least, score);
        } else {
          most = Math.max(most, score);
        }
      }
      assertTrue(most <= least * (1 + 1e-6), "row " + row);
    }
  }

  @Test
  void traceTellsEveryIteration() {
    Solution solution = solve(new ProjectedGradient(), new RowSparsity(0.5));
    assertEquals(solution.iterations() + 1, solution.trace().size());
    for (int i = 0; i < solution.trace().size(); i++) {
      assertEquals(i, solution.trace().get(i).iteration());
    }
    assertEquals(solution.trace().size() + 1.0, solution.gemmEquivalents());
    // Joint: 50 iterations prune, and what they reach is not in the set.
    Constraint joint =
        new SparseGrid(new RowSparsity(0.5), new IntegerGrid(4, 32, false, DType.F32));
    List<IterationRecord> trace = solve(new ProjectedGradient(), joint).trace();
    assertEquals(101, trace.size());
    assertFalse(trace.get(50).feasible());
    assertTrue(trace.get(51).feasible());
  }

  @Test
  void toleranceStopsEarly() {
    PgdOptions paper = PgdOptions.forConstraint(new RowSparsity(0.5));
    PgdOptions loose = new PgdOptions(paper.start(), paper.step(), paper.iterations(), 0.5, 0, 0);
    Solution solution = solve(new ProjectedGradient(any -> loose), new RowSparsity(0.5));
    assertEquals(StopReason.CONVERGED, solution.stop());
    assertTrue(solution.iterations() < 200, "iterations: " + solution.iterations());
    double norm = 0;
    for (int r = 0; r < w.rows(); r++) {
      for (int j = 0; j < w.columns(); j++) {
        norm += (double) w.get(r, j) * w.get(r, j);
      }
    }
    assertTrue(solution.trace().getLast().gradientNorm() < 0.5 * Math.sqrt(norm));
  }

  /** Rows that are sparse already have nothing to gain: the others are solved as if alone. */
  @Test
  void rowsThatHaveConvergedLeaveTheProduct() {
    int dense = 20;
    for (int r = dense; r < w.rows(); r++) {
      for (int j = r % 2; j < w.columns(); j += 2) {
        w.set(r, j, 0);
      }
    }
    PgdOptions paper = PgdOptions.forConstraint(new RowSparsity(0.5));
    for (double tolerance : new double[] {0, 1e-4}) {
      PgdOptions settings = new PgdOptions(paper.start(), paper.step(), 40, tolerance, 0, 0);
      Solver solver = new ProjectedGradient(any -> settings);
      Solution together = solve(solver, new RowSparsity(0.5));
      // Its first product and f(0) take all rows, the others the dense rows alone.
      double share = dense / (double) w.rows();
      assertEquals(40, together.iterations());
      assertEquals(2 + 40 * share, together.gemmEquivalents(), 1.5, "tolerance " + tolerance);
      Matrix some = w.rowRange(0, dense);
      Solution alone =
          solver.solve(
              new LayerProblem(some, c, new RowSparsity(0.5)),
              compute,
              arena,
              IterationListener.NONE);
      assertEquals(alone.objective(), together.objective(), 1e-4 * alone.objective());
      for (int r = 0; r < w.rows(); r++) {
        for (int j = 0; j < w.columns(); j++) {
          float expected = r < dense ? alone.weights().get(r, j) : w.get(r, j);
          assertEquals(expected, together.weights().get(r, j), 1e-3, r + ", " + j);
        }
      }
    }
  }

  @Test
  void rampFromDenseIsAChoice() {
    PgdOptions ramp = new PgdOptions(PgdOptions.Start.DENSE, 1.5, 200, 0, 0, 100);
    Solution ramped = solve(new ProjectedGradient(any -> ramp), new RowSparsity(0.5));
    double wanda = solve(new Wanda(), new RowSparsity(0.5)).objective();
    assertEquals(0, ramped.trace().getFirst().objective(), 1e-9);
    assertFalse(ramped.trace().get(100).feasible());
    assertTrue(ramped.objective() < wanda, ramped.objective() + " against " + wanda);
  }

  @Test
  void resultsDoNotDependOnThreads() {
    for (Constraint constraint : ALL) {
      assertSameOnAnyThreads(new ProjectedGradient(), w, constraint);
    }
  }

  /**
   * Of a large layer every number of threads takes other parts, and rows that converge leave them.
   */
  @Test
  void largeLayersWhoseRowsLeaveDoNotDependOnThreads() {
    int rows = 2100;
    int columns = 67;
    Matrix large = RandomMatrices.of(Kind.GAUSSIAN, rows, columns, 5, arena);
    for (int row = 0; row < rows; row++) {
      boolean settlesAtOnce = row % 96 >= 48 || row % 7 > 0;
      for (int j = 0; settlesAtOnce && row >= 96 && j < columns; j += 2) {
        large.set(row, j, 0);
      }
    }
    Matrix moment = RandomMatrices.secondMoment(columns, columns, arena);
    Solution expected = null;
    for (int threads : new int[] {1, 2, 3, 4}) {
      try (Compute other = Compute.create(threads)) {
        Solution solution =
            new ProjectedGradient()
                .solve(
                    new LayerProblem(large, moment, new RowSparsity(0.5)),
                    other,
                    arena,
                    IterationListener.NONE);
        expected = expected == null ? solution : expected;
        assertEquals(
            -1, expected.weights().segment().mismatch(solution.weights().segment()), threads + "");
        assertEquals(expected.gemmEquivalents(), solution.gemmEquivalents());
        assertTrue(solution.gemmEquivalents() < 0.75 * (solution.iterations() + 2));
      }
    }
  }

  @Test
  void deadInputsAndZeroRowsAreDefined() {
    for (int j = 0; j < c.columns(); j++) {
      c.set(3, j, 0);
      c.set(j, 3, 0);
      w.set(5, j, 0);
    }
    for (Constraint constraint : ALL) {
      Solution solution = solve(new ProjectedGradient(), constraint);
      assertTrue(Double.isFinite(solution.relativeError()), constraint.describe());
      assertEquals(Optional.empty(), constraint.check(solution.weights(), solution.grid()));
    }
    c.clear();
    Solution dead = solve(new ProjectedGradient(), new RowSparsity(0.5));
    assertEquals(0, dead.relativeError());
    assertEquals(0, dead.objective());
  }

  @Test
  void rowsAreIndependent() {
    Constraint constraint = new RowSparsity(0.6);
    Matrix whole = solve(new ProjectedGradient(SolversTest::noStop), constraint).weights();
    Matrix part =
        new ProjectedGradient(SolversTest::noStop)
            .solve(
                new LayerProblem(w.rowRange(10, 30), c, constraint),
                compute,
                arena,
                IterationListener.NONE)
            .weights();
    for (int r = 0; r < 20; r++) {
      for (int j = 0; j < w.columns(); j++) {
        assertEquals(whole.get(r + 10, j), part.get(r, j), 1e-3f, "row " + r + ", " + j);
      }
    }
  }

  private static PgdOptions noStop(Constraint any) {
    return PgdOptions.of(PgdOptions.Start.WANDA, 2, 20);
  }

  @Test
  void interruptionEndsTheSolve() {
    assertInterruptible(new ProjectedGradient(), new RowSparsity(0.5));
  }

  @Test
  void unfitProblemsAreRefused() {
    Matrix wrong = Matrix.allocate(arena, 96, 96);
    assertThrows(
        IllegalArgumentException.class, () -> new LayerProblem(w, wrong, new RowSparsity(0.5)));
    Constraint grid = new IntegerGrid(4, 32, false, DType.F32);
    assertFalse(new Wanda().supports(grid));
    assertFalse(new RoundToNearest().supports(new RowSparsity(0.5)));
    assertThrows(
        IllegalArgumentException.class,
        () -> solve(new ProjectedGradient(SolversTest::noStop), grid));
  }
}
