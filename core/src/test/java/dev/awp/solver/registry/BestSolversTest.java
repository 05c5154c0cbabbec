// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas;
import dev.awp.blas.Precision;
import dev.awp.blas.RightOperand;
import dev.awp.blas.RowSource;
import dev.awp.constraint.Constraint;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.SparseGrid;
import dev.awp.constraint.Sparsity;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.fixture.RoundedProducts;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.Effort;
import dev.awp.solver.Objective;
import dev.awp.solver.Solution;
import dev.awp.solver.Solver;
import dev.awp.solver.baseline.Gptq;
import dev.awp.solver.baseline.RoundToNearest;
import dev.awp.solver.baseline.SparseGpt;
import dev.awp.solver.baseline.Wanda;
import dev.awp.solver.mask.MaskedLeastSquares;
import dev.awp.solver.pgd.ProjectedGradient;
import dev.awp.solver.rounding.ColumnOrder;
import dev.awp.solver.rounding.DescentOptions;
import dev.awp.solver.rounding.GridDescent;
import dev.awp.solver.rounding.GridPart;
import dev.awp.solver.splitting.OperatorSplitting;
import dev.awp.solver.splitting.SplittingOptions;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The project's own solvers: lower errors than the references, and no layer that breaks them. */
class BestSolversTest extends SolverFixture {
  private static final List<Sparsity> SPARSITIES =
      List.of(new RowSparsity(0.5), new RowSparsity(0.7), new NmSparsity(2, 4));

  BestSolversTest() {
    super(150, 193, 3);
  }

  @Test
  void pruningIsAFifthBelowProjectedGradient() {
    for (Sparsity sparsity : SPARSITIES) {
      double splitting = error(new OperatorSplitting(), sparsity);
      double gradient = error(new ProjectedGradient(), sparsity);
      double wanda = error(new Wanda(), sparsity);
      assertTrue(splitting < 0.8 * gradient, splitting + " against " + gradient);
      assertTrue(splitting < 0.6 * wanda, splitting + " against Wanda's " + wanda);
      Solver high = Solvers.best(sparsity, Effort.HIGH);
      assertTrue(error(high, sparsity) <= splitting, "high effort on " + sparsity.describe());
    }
  }

  @Test
  void stagesGoFromTheFirstRhoToTheLast() {
    SplittingOptions options = SplittingOptions.standard(0.5);
    assertEquals(24, options.stages() * options.iterationsPerStage());
    assertEquals(options.firstRho(), options.rho(0), 1e-12);
    assertEquals(options.lastRho(), options.rho(options.stages() - 1), 1e-12);
    assertEquals(options.lastRho(), options.node(options.inverses() - 1), 1e-12);
    assertTrue(SplittingOptions.standard(0.1).lastRho() > options.lastRho());
    assertThrows(
        IllegalArgumentException.class, () -> new SplittingOptions(1, 2, 3, 1, 1, 1, false));
    assertThrows(
        IllegalArgumentException.class, () -> new SplittingOptions(1, 2, 3, 4, 1, 1, false));
    assertThrows(IllegalArgumentException.class, () -> new SplittingOptions(0, 1, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new SplittingOptions(2, 1, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new SplittingOptions(1, 2, 0, 1, 1));
  }

  @Test
  void leastSquaresReachesTheNormalEquations() {
    Matrix t = solve(new Wanda(), new RowSparsity(0.5)).weights();
    double[][] objectives = new MaskedLeastSquares(w, c, t, compute).run(200);
    double total = 0;
    for (int row = 0; row < w.rows(); row++) {
      total += objectives[200][row];
      for (int j = 0; j < w.columns(); j++) {
        double gradient = 0;
        for (int k = 0; k < w.columns(); k++) {
          gradient += (w.get(row, k) - t.get(row, k)) * (double) c.get(k, j);
        }
        double size = Math.sqrt(c.get(j, j) * objectives[200][row]);
        assertTrue(t.get(row, j) == 0 || Math.abs(gradient) < 1e-2 * size, row + ", " + j);
      }
    }
    assertEquals(Objective.of(w, t, c, compute), total, 1e-3 * total);
  }

  /**
   * C rounded to 8 bits is another quadratic form, in which directions are not quite conjugate in
   * C: that costs steps, not what they lead to; where C leaves directions open, too.
   */
  @Test
  void aFifthMoreStepsMakeUpForRoundingC() {
    SplittingOptions options = SplittingOptions.standard(0.5);
    int more = options.leastSquaresSteps(Precision.BF16);
    assertEquals(12, more);
    assertEquals(10, options.leastSquaresSteps(Precision.BF16X3));
    for (int inputs : new int[] {60, 120, 400}) {
      c = RandomMatrices.gaussianSecondMoment(96, inputs, 2, arena);
      w = RandomMatrices.of(Kind.GAUSSIAN, 64, 96, 1, arena);
      Matrix t = solve(new Wanda(), new RowSparsity(0.5)).weights();
      Matrix exact = Matrix.allocate(arena, t.rows(), t.columns());
      exact.copyFrom(t);
      new MaskedLeastSquares(w, c, exact, compute).run(options.leastSquaresSteps());
      RightOperand rounded =
          new RoundedProducts(compute.blas(), 8, 16)
              .prepare(Precision.BF16, Blas.Op.NONE, RowSource.of(c), compute.workers(), arena);
      Matrix r = Matrix.allocate(arena, t.rows(), t.columns());
      new MaskedLeastSquares(w, c, t, compute).run(more, rounded, r);
      double expected = Objective.of(w, exact, c, compute);
      double found = Objective.of(w, t, c, compute);
      assertTrue(found <= 1.001 * expected, "%g, %g".formatted(found, expected));
    }
  }

  /** Few different inputs: f reaches zero, and rounding alone would go on to move the weights. */
  @Test
  void leastSquaresStaysWhereNothingIsLeftToSolve() {
    Matrix inputs = RandomMatrices.of(Kind.GAUSSIAN, 12, 1024, 5, arena);
    Matrix few = Matrix.allocate(arena, 1024, 1024);
    compute.parallelBlas().gemm(Blas.Op.TRANSPOSE, Blas.Op.NONE, 1, inputs, inputs, 0, few);
    w = RandomMatrices.of(Kind.GAUSSIAN, 16, 1024, 3, arena);
    c = few;
    Matrix t = solve(new OperatorSplitting(), new RowSparsity(0.5)).weights();
    new MaskedLeastSquares(w, c, t, compute).run(60);
    double largest = 0;
    for (int row = 0; row < w.rows(); row++) {
      for (int j = 0; j < w.columns(); j++) {
        largest = Math.max(largest, Math.abs(t.get(row, j)));
      }
    }
    assertTrue(largest < 20, "a weight of " + largest + " where the largest was 4");
    assertTrue(Objective.of(w, t, c, compute) < 1e-6 * Objective.dense(w, c, compute));
  }

  /** A second moment that is not quite one: correlations of 1.5 need a damping above a half. */
  @Test
  void dampingRisesAndIsReported() {
    Matrix indefinite = Matrix.allocate(arena, 4, 4);
    Matrix weights = Matrix.allocate(arena, 2, 4);
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        indefinite.set(i, j, i == j ? 1 : i / 2 == j / 2 ? 1.5f : 0);
      }
      weights.set(0, i, 1 + i);
      weights.set(1, i, 1 - i);
    }
    Constraint grid = new IntegerGrid(4, 0, false, DType.F32);
    Constraint half = new RowSparsity(0.5);
    for (Solver solver :
        List.of(
            new Gptq(true),
            new GridDescent(),
            new OperatorSplitting(),
            new SparseGpt(),
            new ProjectedGradient())) {
      Constraint constraint = solver.supports(half) ? half : grid;
      Solution solution = solve(solver, weights, indefinite, constraint);
      boolean factors = !(solver instanceof ProjectedGradient);
      assertEquals(factors, solution.damping() > 0.4, solver.name() + ": " + solution.damping());
      for (int row = 0; row < 2; row++) {
        assertTrue(
            compute.kernels().arithmetic().firstNonFinite(solution.weights().row(row)) < 0,
            solver.name());
      }
    }
  }

  @Test
  void quantizationIsBelowGptqAndRounding() {
    double[] share = {0.9, 0.85, 0.7};
    for (int bits = 4; bits >= 2; bits--) {
      Constraint grid = new IntegerGrid(bits, 64, false, DType.F32);
      double descent = error(new GridDescent(), grid);
      double natural = error(new Gptq(false), grid);
      double ordered = error(new Gptq(true), grid);
      double nearest = error(new RoundToNearest(), grid);
      assertTrue(
          descent < share[4 - bits] * Math.min(natural, ordered), bits + " bits: " + descent);
      assertTrue(natural < nearest && ordered < nearest, bits + " bits: GPTQ " + natural);
    }
  }

  @Test
  void jointIsBelowEverySequence() {
    IntegerGrid four = new IntegerGrid(4, 64, false, DType.BF16);
    Sparsity half = new RowSparsity(0.5);
    Constraint both = new SparseGrid(half, four);
    double joint = error(new GridDescent(), both);
    double gradient = error(new ProjectedGradient(), both);
    assertTrue(joint < 0.8 * gradient, joint + " against " + gradient);
    for (Solver solver : Solvers.all(Effort.NORMAL)) {
      if (solver.supports(both)) {
        double other = error(solver, both);
        assertTrue(joint <= other, joint + " against " + solver.name() + "'s " + other);
      }
    }
    Matrix pruned = solve(new OperatorSplitting(), half).weights();
    double dense = Objective.dense(w, c, compute);
    GridPart gptq = new GridPart(four, w, pruned, true, c, compute, arena);
    gptq.fitRange();
    gptq.sweep(ColumnOrder.of(c, ColumnOrder.byActivation(c), 0.01, compute, arena));
    double sequence = 0;
    for (double objective : gptq.objectives()) {
      sequence += objective;
    }
    assertTrue(joint < sequence / dense, joint + " against pruning, then GPTQ " + sequence / dense);
  }

  /**
   * For every way in which groups lie in blocks of 128 columns; in every stored type for the
   * commonest of them.
   */
  @Test
  void descentNeverRaisesTheObjective() {
    Matrix pruned = solve(new OperatorSplitting(), new RowSparsity(0.5)).weights();
    for (int group : new int[] {0, 8, 24, 32, 100, 128, 150, 193}) {
      for (boolean masked : new boolean[] {false, true}) {
        List<DType> types = List.of(DType.F32, DType.BF16, DType.F16);
        for (DType storage : group == 32 ? types : types.subList(0, 1)) {
          IntegerGrid grid = new IntegerGrid(3, group, group == 24, storage);
          GridPart part = new GridPart(grid, w, masked ? pruned : w, masked, c, compute, arena);
          part.fitGrid();
          part.round();
          double[] before = part.objectives();
          for (int i = 0; i < 3; i++) {
            part.descend();
            double[] after = part.objectives();
            for (int row = 0; row < w.rows(); row++) {
              String what = "group " + group + ", " + storage + ", row " + row + ", sweep " + i;
              // A code is chosen before its value is rounded to the stored type.
              double slack = storage == DType.F32 ? 1e-4 : 2e-3;
              assertTrue(after[row] <= before[row] * (1 + slack), what);
            }
            before = after;
          }
        }
      }
    }
  }

  @Test
  void everyRowIsAtLeastAsGoodAsItsStart() {
    IntegerGrid grid = new IntegerGrid(2, 32, true, DType.BF16);
    Matrix found = solve(new GridDescent(), grid).weights();
    Matrix nearest = solve(new RoundToNearest(), grid).weights();
    Matrix pruned = solve(new OperatorSplitting(), new RowSparsity(0.9)).weights();
    Matrix wanda = solve(new Wanda(), new RowSparsity(0.9)).weights();
    for (int row = 0; row < w.rows(); row++) {
      assertTrue(ofRow(row, found) <= ofRow(row, nearest) * (1 + 1e-5), "row " + row);
      assertTrue(ofRow(row, pruned) <= ofRow(row, wanda) * (1 + 1e-5), "row " + row);
    }
  }

  private double ofRow(int row, Matrix t) {
    return Objective.of(w.rowRange(row, row + 1), t.rowRange(row, row + 1), c, compute);
  }

  /** Dead channels, few tokens, huge channels, constant and empty rows: defined, and never NaN. */
  @Test
  void hardLayersAreSolved() {
    Matrix whole = c;
    makeOddRows();
    for (String kind : HARD) {
      c = hard(kind, whole);
      for (Constraint constraint :
          List.of(
              new RowSparsity(0.5),
              new RowSparsity(0.99),
              new NmSparsity(2, 4),
              new IntegerGrid(4, 32, false, DType.F16),
              new IntegerGrid(2, 0, true, DType.BF16),
              new SparseGrid(new RowSparsity(0.5), new IntegerGrid(4, 64, false, DType.BF16)))) {
        Solution solution = solve(Solvers.best(constraint, Effort.NORMAL), constraint);
        String what = kind + ", " + constraint.describe();
        assertEquals(Optional.empty(), constraint.check(solution.weights(), solution.grid()), what);
        Solver cheap = constraint.sparsity().isPresent() ? new Wanda() : new RoundToNearest();
        double start = solve(cheap, constraint).objective();
        assertTrue(solution.objective() <= start * (1 + 1e-4), what + ": " + solution.objective());
        assertTrue(Double.isFinite(solution.relativeError()), what);
      }
    }
  }

  @Test
  void resultsDoNotDependOnThreads() {
    for (Constraint constraint :
        List.of(
            new RowSparsity(0.6),
            new IntegerGrid(3, 32, false, DType.BF16),
            new SparseGrid(new NmSparsity(2, 4), new IntegerGrid(4, 64, false, DType.F16)))) {
      assertSameOnAnyThreads(Solvers.best(constraint, Effort.NORMAL), w, constraint);
    }
  }

  @Test
  void lessEffortCostsLessAndLeavesMore() {
    for (Constraint constraint :
        List.of(new RowSparsity(0.5), new IntegerGrid(3, 32, false, DType.BF16))) {
      boolean pruned = constraint.sparsity().isPresent();
      Solution cheap = solve(pruned ? new SparseGpt() : new Gptq(true), constraint);
      Solution low = solve(Solvers.best(constraint, Effort.LOW), constraint);
      Solution normal = solve(Solvers.best(constraint, Effort.NORMAL), constraint);
      String what =
          "%s: %s by %s products, %s by %s, %s by %s"
              .formatted(
                  constraint.describe(),
                  cheap.objective(),
                  cheap.gemmEquivalents(),
                  low.objective(),
                  low.gemmEquivalents(),
                  normal.objective(),
                  normal.gemmEquivalents());
      assertTrue(low.gemmEquivalents() < 0.7 * normal.gemmEquivalents(), what);
      assertTrue(normal.objective() <= low.objective(), what);
      assertTrue(low.objective() < 0.95 * cheap.objective(), what);
    }
  }

  @Test
  void settingsThatMakeNoSenseAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new DescentOptions(0, 1, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new DescentOptions(1, -1, 1, 1, 1));
  }
}
