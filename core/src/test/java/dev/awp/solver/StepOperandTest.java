// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.RowSparsity;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RoundedProducts;
import dev.awp.kernel.Blas.Op;
import dev.awp.kernel.Compute;
import dev.awp.kernel.MixedBlas;
import dev.awp.kernel.Precision;
import dev.awp.kernel.RightOperand;
import dev.awp.kernel.RowSource;
import dev.awp.solver.baseline.Wanda;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** In what precision the steps of least squares run. */
class StepOperandTest {
  private static final int ROWS = 1100;
  private static final int COLUMNS = 96;
  private static final int STEPS = 10;

  private final Arena arena = Arena.ofShared();
  private final Compute f32 = Compute.create(2);
  private final Matrix w = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, ROWS, COLUMNS, 1, arena);
  private final Matrix c = RandomMatrices.gaussianSecondMoment(COLUMNS, 400, 2, arena);

  @AfterEach
  void free() {
    f32.close();
    arena.close();
  }

  private Compute mixed(Precision precision, int bits, int bitsOfTwo) {
    RoundedProducts products = new RoundedProducts(f32.blas(), bits, bitsOfTwo);
    return f32.with(new MixedBlas(f32.blas(), products, precision));
  }

  private Matrix start(Matrix of) {
    return new Wanda()
        .solve(new LayerProblem(of, c, new RowSparsity(0.5)), f32, arena, IterationListener.NONE)
        .weights();
  }

  private double solve(Matrix of, StepOperand operand) {
    Matrix t = start(of);
    Matrix r = Matrix.allocate(arena, of.rows(), of.columns());
    new MaskedLeastSquares(of, c, t, f32).run(STEPS, operand.products(), operand.rounded(), r);
    return Objective.of(of, t, c, f32);
  }

  private double f32(Matrix of) {
    try (StepOperand operand = StepOperand.choose(of, c, start(of), STEPS, f32)) {
      assertFalse(operand.rounded());
      return solve(of, operand);
    }
  }

  private static double unit(StepOperand operand, Arena arena) {
    Matrix one = Matrix.allocate(arena, 1, COLUMNS);
    one.set(0, 3, 1);
    Matrix row = Matrix.allocate(arena, 1, COLUMNS);
    operand.products().multiply(one, row);
    return row.get(0, 3);
  }

  @Test
  void whatServesInOnePartIsTaken() {
    Compute compute = mixed(Precision.BF16, 16, 20);
    try (StepOperand operand = StepOperand.choose(w, c, start(w), STEPS, compute)) {
      assertFalse(operand.rounded());
      assertTrue(unit(operand, arena) != c.get(3, 3));
      assertTrue(solve(w, operand) <= 1.001 * f32(w));
    }
  }

  /** One bit of C is another quadratic form. */
  @Test
  void whatLosesIsPassedOver() {
    Compute coarse = mixed(Precision.BF16, 1, 24);
    try (StepOperand operand = StepOperand.choose(w, c, start(w), STEPS, coarse)) {
      assertEquals(c.get(3, 3), unit(operand, arena));
      assertTrue(solve(w, operand) <= 1.001 * f32(w));
    }
  }

  @Test
  void roundedDirectionsByTwoPartsAreAsGoodAsFloat32() {
    RoundedProducts products = new RoundedProducts(f32.blas(), 8, 24);
    RightOperand two =
        products.prepare(Precision.BF16X2, Op.NONE, RowSource.of(c), f32.workers(), arena);
    double expected = f32(w);
    StepOperand operand = new StepOperand(two, true, arena);
    assertEquals(expected, solve(w, operand), 1e-3 * expected);
  }

  @Test
  void afterAFailureInOnePartTwoAreTried() {
    Compute compute = mixed(Precision.BF16X3, 8, 24);
    try (StepOperand operand = StepOperand.choose(w, c, start(w), STEPS, compute)) {
      assertTrue(operand.rounded());
      assertTrue(solve(w, operand) <= 1.001 * f32(w));
    }
  }

  @Test
  void fewRowsAndFloat32AreNotTried() {
    assertIsFloat32(w, f32);
    assertIsFloat32(w.rowRange(0, 1000), mixed(Precision.BF16, 16, 20));
  }

  private void assertIsFloat32(Matrix of, Compute compute) {
    try (StepOperand operand = StepOperand.choose(of, c, start(of), STEPS, compute)) {
      assertFalse(operand.rounded());
      assertEquals(c.get(3, 3), unit(operand, arena));
    }
  }
}
