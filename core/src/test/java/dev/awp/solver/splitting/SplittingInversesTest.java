// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.splitting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.blas.Blas.Op;
import dev.awp.constraint.RowSparsity;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.IterationListener;
import dev.awp.solver.LayerProblem;
import dev.awp.solver.SharedFactors;
import dev.awp.tensor.Matrix;
import org.junit.jupiter.api.Test;

/** The stages' inverses, and the range of rho. */
class SplittingInversesTest extends SolverFixture {
  private static final int COLUMNS = 96;

  SplittingInversesTest() {
    super(40, COLUMNS, 1);
  }

  private LayerProblem problem(Matrix c, SharedFactors factors) {
    return new LayerProblem(w, c, new RowSparsity(0.5), factors);
  }

  private Matrix ofTokens(int tokens) {
    return RandomMatrices.gaussianSecondMoment(COLUMNS, tokens, 5, arena);
  }

  private static double quadratic(SplittingMetric.Inverse inverse, Matrix x, int row) {
    double sum = 0;
    for (int i = 0; i < COLUMNS; i++) {
      sum += x.get(row, i) * x.get(row, i) * inverse.both().get(COLUMNS, i);
      for (int j = 0; j < COLUMNS; j++) {
        sum += x.get(row, i) * inverse.both().get(i, j) * x.get(row, j);
      }
    }
    return sum;
  }

  /** Exact at the nodes, and between them never above and by at most 5 % below. */
  @Test
  void interpolatedInversesAreCloseInEveryDirection() {
    Matrix x = RandomMatrices.of(RandomMatrices.Kind.GAUSSIAN, 20, COLUMNS, 7, arena);
    SplittingOptions few = new SplittingOptions(0.4, 2, 7, 3, 1, 1, false);
    SplittingOptions all = new SplittingOptions(0.4, 2, 7, 7, 1, 1, false);
    for (Matrix c : new Matrix[] {RandomMatrices.secondMoment(COLUMNS, 2, arena), ofTokens(30)}) {
      for (boolean kept : new boolean[] {false, true}) {
        try (SharedFactors factors = SharedFactors.of(kept ? Long.MAX_VALUE : 0)) {
          for (int layer = 0; layer < 2; layer++) {
            LayerProblem problem = problem(c, factors);
            LayerProblem alone = problem(c, SharedFactors.none());
            try (SplittingInverses interpolated = new SplittingInverses(problem, few, compute);
                SplittingInverses exact = new SplittingInverses(alone, all, compute)) {
              for (int stage = 0; stage < 7; stage++) {
                SplittingMetric.Inverse found = interpolated.of(stage);
                SplittingMetric.Inverse expected = exact.of(stage);
                for (int row = 0; row < x.rows(); row++) {
                  double share = quadratic(found, x, row) / quadratic(expected, x, row);
                  assertTrue(share < 1 + 1e-3, "stage " + stage + ": " + share);
                  assertTrue(share > (stage % 3 == 0 ? 1 - 1e-3 : 0.85), stage + ": " + share);
                }
              }
            }
          }
        }
      }
    }
  }

  /** A C of few inputs leaves directions open; channels that are never active do not count. */
  @Test
  void theOpenShareIsThatOfMissingInputs() {
    double full = share(ofTokens(2000));
    assertTrue(full < 0.15, full + "");
    assertTrue(share(ofTokens(48)) > 0.35);
    assertTrue(share(ofTokens(24)) > 0.6);
    Matrix dead = Matrix.allocate(arena, COLUMNS, COLUMNS);
    Matrix some = ofTokens(2000);
    for (int i = 0; i < COLUMNS / 2; i++) {
      for (int j = 0; j < COLUMNS / 2; j++) {
        dead.set(i, j, some.get(i, j));
      }
    }
    assertTrue(share(dead) < full);
  }

  private double share(Matrix c) {
    SplittingOptions options = SplittingOptions.standard(0.5);
    LayerProblem problem = problem(c, SharedFactors.none());
    try (SplittingInverses inverses = new SplittingInverses(problem, options, compute)) {
      return inverses.metric().openShare();
    }
  }

  @Test
  void rhoFallsWhereDirectionsAreOpen() {
    SplittingOptions standard = SplittingOptions.standard(0.5);
    assertEquals(standard, standard.adaptedTo(0, 0.5, 100));
    assertEquals(standard, standard.adaptedTo(0.2, 0.5, 100));
    SplittingOptions open = standard.adaptedTo(0.5, 0.5, 2);
    assertEquals(0.4 / 8, open.firstRho(), 1e-9);
    assertEquals(2 * 0.5625, open.lastRho(), 1e-9);
    SplittingOptions most = standard.adaptedTo(1, 0.5, Long.MAX_VALUE);
    assertEquals(0.4 / 16, most.firstRho(), 1e-9);
    assertEquals(1, most.lastRho(), 1e-9);
    assertNotEquals(most, standard.adaptedTo(1, 0.1, 100));
    assertEquals(standard, standard.adaptedTo(0.4, 0, 100));
    assertEquals(standard, standard.adaptedTo(0.5, 0.5, 1));
    assertEquals(standard, standard.adaptedTo(0.5, 0.5, 0));
    assertEquals(0.4 / Math.sqrt(8), standard.adaptedTo(0.5, 0.5, 1.5).firstRho(), 1e-9);
  }

  /** A steep spectrum: with rho as for a flat one f ends three times as high. */
  @Test
  void layersWithOpenDirectionsGainByIt() {
    Matrix root = RandomMatrices.secondMoment(COLUMNS, 2, arena);
    Matrix c = Matrix.allocate(arena, COLUMNS, COLUMNS);
    compute.blas().gemm(Op.NONE, Op.NONE, 1, root, root, 0, c);
    SplittingOptions standard = SplittingOptions.standard(0.5);
    assertEquals(0.025, standard.adaptedTo(share(c), 0.5, 100).firstRho(), 1e-9);
    // Adapted, these go from 0.4 to 3.4.
    SplittingOptions raised = new SplittingOptions(6.4, 6.8, 8, 3, 3, 10, false);
    double before = solve(c, raised);
    double after = solve(c, standard);
    assertTrue(after < 0.6 * before, after + " after " + before);
  }

  private double solve(Matrix c, SplittingOptions options) {
    return new OperatorSplitting((_, _) -> options)
        .solve(problem(c, SharedFactors.none()), compute, arena, IterationListener.NONE)
        .objective();
  }
}
