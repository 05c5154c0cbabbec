// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.precision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Precision;
import dev.awp.blas.mixed.MixedBlas;
import dev.awp.blas.mixed.MixedPrecision;
import dev.awp.blas.mixed.MixedPrecision.Mode;
import dev.awp.compute.Compute;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RoundedProducts;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.Objective;
import dev.awp.solver.SharedFactors;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.baseline.Wanda;
import dev.awp.solver.pgd.ProjectedGradient;
import dev.awp.solver.rounding.GridDescent;
import dev.awp.solver.splitting.OperatorSplitting;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrecisionCheckTest extends SolverFixture {
  private static final int ROWS = 160;
  private static final int COLUMNS = 96;

  private final PrecisionCheck check = new PrecisionCheck(0);

  PrecisionCheckTest() {
    super(ROWS, COLUMNS, 1);
  }

  private Compute with(Mode mode, int bits, int bitsOfThree) {
    RoundedProducts products = new RoundedProducts(compute.blas(), bits, bitsOfThree);
    List<MixedBlas> candidates =
        Stream.of(Precision.BF16, Precision.BF16X3)
            .map(precision -> new MixedBlas(compute.blas(), products, precision))
            .toList();
    MixedPrecision lower = new MixedPrecision(mode, candidates);
    return new Compute(compute.kernels(), compute.blas(), compute.workers(), lower);
  }

  private LayerProblem problem(Constraint constraint) {
    return new LayerProblem(w, c, constraint);
  }

  private PrecisionCheck.Solved solve(LayerProblem problem, Solver solver, Compute compute) {
    return check.solve(problem, solver, compute, IterationListener.NONE);
  }

  private Precision precision(LayerProblem problem, Solver solver, Compute compute) {
    try (PrecisionCheck.Solved solved = solve(problem, solver, compute)) {
      return solved.precision();
    }
  }

  private void assertServes(LayerProblem problem, Solver solver) {
    Solution full = solver.solve(problem, compute, arena, IterationListener.NONE);
    try (PrecisionCheck.Solved mixed = solve(problem, solver, with(Mode.AUTO, 8, 16))) {
      assertEquals(Precision.BF16, mixed.precision());
      double objective = mixed.solution().objective();
      assertTrue(objective <= 1.01 * full.objective(), objective + " after " + full.objective());
      double evaluated = Objective.of(problem.weights(), mixed.solution().weights(), c, compute);
      assertEquals(evaluated, objective, 1e-6 * evaluated);
      assertTrue(mixed.solution().weights().segment().mismatch(full.weights().segment()) >= 0);
    }
  }

  /** bfloat16's own rounding: what is taken keeps the objective within 1 %, and f is float32's. */
  @Test
  void whatIsTakenCostsLessThanOnePerCent() {
    assertServes(problem(new RowSparsity(0.5)), new ProjectedGradient());
  }

  /** Operator splitting, whose products are of small numbers, with shared inverses and without. */
  @Test
  void splittingTakesBfloat16Too() {
    assertServes(problem(new RowSparsity(0.5)), new OperatorSplitting());
    try (SharedFactors factors = SharedFactors.of(Long.MAX_VALUE)) {
      assertServes(new LayerProblem(w, c, new RowSparsity(0.5), factors), new OperatorSplitting());
    }
  }

  /** Fewer rows than columns: the sample has the stages and the inverses of the layer's solve. */
  @Test
  void splittingOfWideLayersTakesBfloat16() {
    assertServes(
        new LayerProblem(w.rowRange(0, COLUMNS / 2), c, new RowSparsity(0.5)),
        new OperatorSplitting());
  }

  /** Other stages would need other inverses than the layer's, and say little of it. */
  @Test
  void aSampleIsSolvedAsTheLayerIs() {
    Matrix few = w.rowRange(0, 8);
    for (Solver solver : List.of(new OperatorSplitting(), new ProjectedGradient())) {
      LayerProblem problem = problem(new RowSparsity(0.5));
      Solver.Sampled both =
          solver.solveSampled(problem, compute, few, compute, arena, IterationListener.NONE);
      Matrix same = both.layer().weights().rowRange(0, 8);
      double expected = Objective.of(few, same, c, compute);
      assertEquals(expected, both.sample().objective(), 1e-3 * expected);
      Solution layer = solver.solve(problem, compute, arena, IterationListener.NONE);
      assertEquals(-1, layer.weights().segment().mismatch(both.layer().weights().segment()));
    }
  }

  /** Half a per cent passes, and what a sample of rows that differ cannot tell from it. */
  @Test
  void lossesBeyondTheirOwnScatterAreRefused() {
    double[] expected = new double[64];
    double[] found = new double[64];
    for (double loss : new double[] {-0.1, 0, 0.004, 0.006, 0.1}) {
      for (double scatter : new double[] {0, 0.001, 0.1}) {
        for (int i = 0; i < 64; i++) {
          expected[i] = 3;
          found[i] = 3 * (1 + loss + (i % 2 == 0 ? scatter : -scatter));
        }
        double error = scatter / Math.sqrt(63);
        assertEquals(
            loss - error <= 0.005, PrecisionCheck.isGood(expected, found), loss + " " + scatter);
      }
    }
    found[5] = Double.NaN;
    assertFalse(PrecisionCheck.isGood(expected, found));
  }

  /** A layer that fails in bfloat16 is the float32 solve's, to the byte. */
  @Test
  void whatIsTooCoarseIsPassedOver() {
    LayerProblem problem = problem(new RowSparsity(0.5));
    for (Solver solver : List.of(new OperatorSplitting(), new ProjectedGradient())) {
      assertEquals(Precision.BF16X3, precision(problem, solver, with(Mode.AUTO, 1, 20)));
      try (PrecisionCheck.Solved solved = solve(problem, solver, with(Mode.AUTO, 1, 1))) {
        assertEquals(Precision.F32, solved.precision());
        Solution full = solver.solve(problem, compute, arena, IterationListener.NONE);
        assertEquals(-1, solved.solution().weights().segment().mismatch(full.weights().segment()));
      }
    }
  }

  @Test
  void theChoiceIsTheSameEveryTime() {
    LayerProblem problem = problem(new RowSparsity(0.5));
    for (int bits = 2; bits < 7; bits++) {
      Compute compute = with(Mode.AUTO, bits, 20);
      assertEquals(
          precision(problem, new ProjectedGradient(), compute),
          precision(problem, new ProjectedGradient(), compute));
    }
  }

  @Test
  void forcedMeansNoCheck() {
    LayerProblem problem = problem(new RowSparsity(0.5));
    Compute forced = with(Mode.BF16, 1, 1);
    try (PrecisionCheck.Solved solved =
        new PrecisionCheck()
            .solve(problem, new OperatorSplitting(), forced, IterationListener.NONE)) {
      assertEquals(Precision.BF16, solved.precision());
    }
  }

  @Test
  void smallLayersAndOtherSolversStayInF32() {
    MixedPrecision lower = with(Mode.AUTO, 8, 16).lower();
    RowSparsity half = new RowSparsity(0.5);
    IntegerGrid grid = new IntegerGrid(4, 32, false, DType.F32);
    PrecisionCheck standard = new PrecisionCheck();
    assertFalse(standard.isPossible(lower, new ProjectedGradient(), half, ROWS, COLUMNS));
    assertFalse(standard.isPossible(lower, new OperatorSplitting(), half, ROWS, COLUMNS));
    assertTrue(standard.isPossible(lower, new OperatorSplitting(), half, 1024, 4096));
    assertFalse(check.isPossible(lower, new Wanda(), half, ROWS, COLUMNS));
    assertFalse(check.isPossible(lower, new GridDescent(), grid, ROWS, COLUMNS));
    assertFalse(
        check.isPossible(MixedPrecision.none(), new OperatorSplitting(), half, ROWS, COLUMNS));
  }
}
