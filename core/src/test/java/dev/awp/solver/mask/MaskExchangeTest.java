// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.mask;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.constraint.GridParameters;
import dev.awp.constraint.NmSparsity;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.fixture.SolverFixture;
import dev.awp.solver.Objective;
import dev.awp.tensor.Matrix;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Exchanges of mask entries: exact, allowed, and none left that lowers f. */
class MaskExchangeTest extends SolverFixture {
  private static final int COLUMNS = 13;
  private static final List<Sparsity> SPARSITIES =
      List.of(new RowSparsity(0.6), new NmSparsity(2, 4), new NmSparsity(1, 3));

  MaskExchangeTest() {
    super(6, COLUMNS, 5, 1);
  }

  private Matrix magnitudes(Sparsity sparsity) {
    Matrix t = Matrix.allocate(arena, w.rows(), w.columns());
    sparsity.project(
        w, t, GridParameters.allocate(sparsity, w.rows(), w.columns(), arena), compute);
    return t;
  }

  /** f of a row with the least-squares weights on the mask of t, which is set to them. */
  private double leastSquares(int row, Matrix t) {
    Matrix own = w.rowRange(row, row + 1);
    new MaskedLeastSquares(own, c, t, compute).run(80);
    return Objective.of(own, t, c, compute);
  }

  @Test
  void tableauHoldsTheLeastSquaresWeights() {
    for (Sparsity sparsity : SPARSITIES) {
      Matrix start = magnitudes(sparsity);
      for (int row = 0; row < w.rows(); row++) {
        MaskTableau tableau = new MaskTableau(COLUMNS);
        tableau.start(w.row(row), start.row(row), c);
        Matrix t = start.rowRange(row, row + 1);
        double expected = leastSquares(row, t);
        assertEquals(expected, tableau.objective(), 1e-4 * expected);
        Matrix stored = Matrix.allocate(arena, 1, COLUMNS);
        tableau.store(stored.row(0));
        assertEquals(
            expected, Objective.of(w.rowRange(row, row + 1), stored, c, compute), 1e-4 * expected);
      }
    }
  }

  @Test
  void promisedChangeIsTheChange() {
    for (Sparsity sparsity : SPARSITIES) {
      int range = sparsity.exchangeRange(COLUMNS);
      MaskTableau tableau = new MaskTableau(COLUMNS);
      tableau.start(w.row(0), magnitudes(sparsity).row(0), c);
      for (var best = tableau.best(range); best.change() < -1e-6; best = tableau.best(range)) {
        double before = tableau.objective();
        tableau.make(best);
        assertEquals(before + best.change(), tableau.objective(), 1e-9 * before);
      }
    }
  }

  @Test
  void noSingleExchangeIsLeft() {
    for (Sparsity sparsity : SPARSITIES) {
      Matrix start = magnitudes(sparsity);
      Matrix found = Matrix.allocate(arena, w.rows(), COLUMNS);
      int range = sparsity.exchangeRange(COLUMNS);
      MaskExchange search = new MaskExchange(sparsity, c);
      for (int row = 0; row < w.rows(); row++) {
        search.improve(w.row(row), start.row(row), found.row(row));
        Matrix own = found.rowRange(row, row + 1);
        double objective = Objective.of(w.rowRange(row, row + 1), own, c, compute);
        assertTrue(objective <= leastSquares(row, start.rowRange(row, row + 1)) * (1 + 1e-5));
        for (int i = 0; i < COLUMNS; i++) {
          for (int j = i / range * range; j < Math.min(COLUMNS, (i / range + 1) * range); j++) {
            if (own.get(0, i) != 0 && own.get(0, j) == 0) {
              Matrix other = Matrix.allocate(arena, 1, COLUMNS);
              other.copyFrom(own);
              other.set(0, i, 0);
              other.set(0, j, 1);
              double exchanged = leastSquares(row, other);
              assertTrue(exchanged >= objective * (1 - 1e-4), i + " for " + j);
            }
          }
        }
      }
      assertTrue(sparsity.check(found, GridParameters.allocate(sparsity, 0, 0, arena)).isEmpty());
    }
  }

  @Test
  void dependentAndDeadColumnsAreNoPivots() {
    for (int j = 0; j < COLUMNS; j++) {
      // Column 1 repeats column 0, column 2 has no input.
      c.set(1, j, c.get(0, j));
      c.set(j, 1, c.get(j, 0));
    }
    c.set(1, 1, c.get(0, 0));
    for (int j = 0; j < COLUMNS; j++) {
      c.set(2, j, 0);
      c.set(j, 2, 0);
    }
    for (Sparsity sparsity : SPARSITIES) {
      Matrix found = Matrix.allocate(arena, w.rows(), COLUMNS);
      MaskExchange search = new MaskExchange(sparsity, c);
      Matrix start = magnitudes(sparsity);
      for (int row = 0; row < w.rows(); row++) {
        search.improve(w.row(row), start.row(row), found.row(row));
        assertTrue(compute.kernels().arithmetic().firstNonFinite(found.row(row)) < 0);
      }
      assertTrue(
          Objective.of(w, found, c, compute) <= Objective.of(w, start, c, compute) * (1 + 1e-6));
    }
  }
}
