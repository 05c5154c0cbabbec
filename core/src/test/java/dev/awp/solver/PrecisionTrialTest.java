// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.Constraint;
import dev.awp.constraint.IntegerGrid;
import dev.awp.constraint.RowSparsity;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RoundedProducts;
import dev.awp.kernel.Compute;
import dev.awp.kernel.MixedBlas;
import dev.awp.kernel.MixedPrecision;
import dev.awp.kernel.MixedPrecision.Mode;
import dev.awp.kernel.Precision;
import dev.awp.solver.baseline.Wanda;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PrecisionTrialTest {
  private static final int ROWS = 160;
  private static final int COLUMNS = 96;

  private final Arena arena = Arena.ofShared();
  private final Compute f32 = Compute.create(2);
  private final Matrix w = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, ROWS, COLUMNS, 1, arena);
  private final Matrix c = RandomMatrices.secondMoment(COLUMNS, 2, arena);
  private final PrecisionTrial trial = new PrecisionTrial(0);

  @AfterEach
  void free() {
    f32.close();
    arena.close();
  }

  private Compute with(Mode mode, int bits, int bitsOfThree) {
    RoundedProducts products = new RoundedProducts(f32.blas(), bits, bitsOfThree);
    List<MixedBlas> candidates =
        Stream.of(Precision.BF16, Precision.BF16X3)
            .map(precision -> new MixedBlas(f32.blas(), products, precision))
            .toList();
    MixedPrecision lower = new MixedPrecision(mode, candidates);
    return new Compute(f32.kernels(), f32.blas(), f32.workers(), lower);
  }

  private LayerProblem problem(Constraint constraint) {
    return new LayerProblem(w, c, constraint);
  }

  /** bfloat16's own rounding: what is chosen keeps the objective within 1 %, and f is float32's. */
  @Test
  void whatIsChosenCostsLessThanOnePerCent() {
    Solver solver = new ProjectedGradient();
    LayerProblem problem = problem(new RowSparsity(0.5));
    Compute chosen = trial.choose(problem, solver, with(Mode.AUTO, 8, 16));
    assertTrue(chosen.blas().precision() != Precision.F32);
    Solution mixed = solver.solve(problem, chosen, arena, IterationListener.NONE);
    Solution full = solver.solve(problem, f32, arena, IterationListener.NONE);
    assertTrue(mixed.objective() <= 1.01 * full.objective());
    double evaluated = Objective.of(w, mixed.weights(), c, f32);
    assertEquals(evaluated, mixed.objective(), 1e-6 * evaluated);
  }

  /** Operator splitting, whose products are of small numbers; with its inverses made once. */
  @Test
  void splittingTakesBfloat16Too() {
    Solver solver = new OperatorSplitting();
    try (SharedFactors factors = SharedFactors.of(Long.MAX_VALUE)) {
      LayerProblem problem = new LayerProblem(w, c, new RowSparsity(0.5), factors);
      Compute chosen = trial.choose(problem, solver, with(Mode.AUTO, 8, 16));
      assertTrue(chosen.blas().precision() != Precision.F32);
      Solution mixed = solver.solve(problem, chosen, arena, IterationListener.NONE);
      Solution full = solver.solve(problem, f32, arena, IterationListener.NONE);
      assertTrue(mixed.objective() <= 1.01 * full.objective());
    }
  }

  /** Other stages would need other inverses than the layer's, and say little of it. */
  @Test
  void aSampleIsSolvedAsTheLayerIs() {
    Constraint half = new RowSparsity(0.5);
    LayerProblem few = new LayerProblem(w.rowRange(0, 8), c, half);
    Solver solver = new OperatorSplitting();
    Solution asLayer = solver.forSampleOf(ROWS).solve(few, f32, arena, IterationListener.NONE);
    Solution alone = solver.solve(few, f32, arena, IterationListener.NONE);
    Solution layer = solver.solve(problem(half), f32, arena, IterationListener.NONE);
    double expected = Objective.of(few.weights(), layer.weights().rowRange(0, 8), c, f32);
    assertEquals(expected, asLayer.objective(), 1e-3 * expected);
    assertTrue(alone.weights().segment().mismatch(asLayer.weights().segment()) >= 0);
  }

  /** With fewer rows than columns the trial's inverses would cost more than the products save. */
  @Test
  void splittingOfWideLayersStaysInF32() {
    Compute compute = with(Mode.AUTO, 8, 16);
    LayerProblem wide = new LayerProblem(w.rowRange(0, COLUMNS / 2), c, new RowSparsity(0.5));
    assertSame(compute, trial.choose(wide, new OperatorSplitting(), compute));
  }

  @Test
  void whatIsTooCoarseIsPassedOver() {
    Solver solver = new ProjectedGradient();
    LayerProblem problem = problem(new RowSparsity(0.5));
    assertEquals(
        Precision.BF16X3, trial.choose(problem, solver, with(Mode.AUTO, 1, 20)).blas().precision());
    assertEquals(
        Precision.F32, trial.choose(problem, solver, with(Mode.AUTO, 1, 1)).blas().precision());
  }

  @Test
  void theChoiceIsTheSameEveryTime() {
    LayerProblem problem = problem(new RowSparsity(0.5));
    for (int bits = 2; bits < 7; bits++) {
      Compute compute = with(Mode.AUTO, bits, 20);
      Precision first = trial.choose(problem, new ProjectedGradient(), compute).blas().precision();
      assertEquals(
          first, trial.choose(problem, new ProjectedGradient(), compute).blas().precision());
    }
  }

  @Test
  void forcedMeansNoTrial() {
    LayerProblem problem = problem(new RowSparsity(0.5));
    Compute forced = with(Mode.BF16, 1, 1);
    assertEquals(
        Precision.BF16,
        new PrecisionTrial().choose(problem, new OperatorSplitting(), forced).blas().precision());
  }

  @Test
  void smallLayersAndOtherSolversStayInF32() {
    Compute compute = with(Mode.AUTO, 8, 16);
    LayerProblem pruning = problem(new RowSparsity(0.5));
    assertSame(compute, new PrecisionTrial().choose(pruning, new ProjectedGradient(), compute));
    assertSame(compute, new PrecisionTrial().choose(pruning, new OperatorSplitting(), compute));
    assertSame(compute, trial.choose(pruning, new Wanda(), compute));
    LayerProblem grid = problem(new IntegerGrid(4, 32, false, DType.F32));
    assertSame(compute, trial.choose(grid, new GridDescent(), compute));
    assertSame(f32, trial.choose(pruning, new OperatorSplitting(), f32));
  }
}
