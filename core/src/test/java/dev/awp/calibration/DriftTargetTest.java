// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.compute.Compute;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The target of a layer whose inputs have drifted. */
class DriftTargetTest {
  private static final int COLUMNS = 37;

  private Arena arena;
  private Compute compute;
  private Matrix w;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // closed after each test
  void open() {
    arena = Arena.ofShared();
    compute = Compute.create(2);
    w = RandomMatrices.of(Kind.GAUSSIAN, 11, COLUMNS, 1, arena);
  }

  @AfterEach
  void close() {
    compute.close();
    arena.close();
  }

  private Matrix target(Matrix x, Matrix drifted) {
    return target(x, drifted, Optional.empty());
  }

  /**
   * The target.
   *
   * @param residual h - h~, one row a token
   */
  private Matrix target(Matrix x, Matrix drifted, Optional<Matrix> residual) {
    try (SecondMoment second = new SecondMoment(COLUMNS, compute);
        CrossMoment cross = new CrossMoment(COLUMNS, COLUMNS, compute);
        CrossMoment states = new CrossMoment(w.rows(), COLUMNS, compute)) {
      Matrix drift = Matrix.allocate(arena, x.rows(), x.columns());
      for (int row = 0; row < x.rows(); row++) {
        compute.kernels().arithmetic().subtract(x.row(row), drifted.row(row), drift.row(row));
      }
      // In two pieces, as chunks come.
      int half = x.rows() / 2;
      for (int[] piece : new int[][] {{0, half}, {half, x.rows()}}) {
        Matrix inputs = drifted.rowRange(piece[0], piece[1]);
        second.add(inputs);
        cross.add(drift.rowRange(piece[0], piece[1]), inputs);
        residual.ifPresent(r -> states.add(r.rowRange(piece[0], piece[1]), inputs));
      }
      Matrix c = second.finish("test", arena);
      return new DriftTarget(c, cross.finish("test"), cross.tokens(), compute, arena)
          .of(w, residual.map(_ -> states.finish("test")), arena);
    }
  }

  @Test
  void withoutDriftItIsTheWeights() {
    Matrix x = RandomMatrices.of(Kind.OUTLIERS, 90, COLUMNS, 2, arena);
    Matrix target = target(x, x);
    for (int row = 0; row < w.rows(); row++) {
      assertArrayEquals(
          w.row(row).toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT),
          target.row(row).toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT));
    }
  }

  /** With x = A x~ the best weights are W A; the target lies three quarters of the way there. */
  @Test
  void makesUpForALinearDrift() {
    Matrix drifted = RandomMatrices.of(Kind.GAUSSIAN, 4000, COLUMNS, 3, arena);
    Matrix x = Matrix.allocate(arena, drifted.rows(), COLUMNS);
    for (int row = 0; row < x.rows(); row++) {
      for (int j = 0; j < COLUMNS; j++) {
        // A scales channel 0 by 1.5 and adds channel 1 to channel 2.
        float value = drifted.get(row, j) + (j == 2 ? drifted.get(row, 1) : 0);
        x.set(row, j, j == 0 ? 1.5f * value : value);
      }
    }
    Matrix target = target(x, drifted);
    for (int row = 0; row < w.rows(); row++) {
      for (int j = 0; j < COLUMNS; j++) {
        double best = w.get(row, j);
        best += j == 0 ? 0.5 * w.get(row, 0) : j == 1 ? w.get(row, 2) : 0;
        double expected = w.get(row, j) + 0.75 * (best - w.get(row, j));
        // The damping of one part in a hundred shortens the step by as much.
        assertEquals(expected, target.get(row, j), 0.025, row + ", " + j);
      }
    }
  }

  /** Twelve tokens an input are enough for the whole step: half as many allow half of it. */
  @Test
  void theStepShrinksWithTheTokens() {
    for (int tokensPerInput : new int[] {3, 6, 12, 24}) {
      int tokens = tokensPerInput * COLUMNS;
      Matrix drifted = RandomMatrices.of(Kind.GAUSSIAN, tokens, COLUMNS, 7, arena);
      Matrix x = Matrix.allocate(arena, tokens, COLUMNS);
      for (int row = 0; row < tokens; row++) {
        compute.kernels().arithmetic().scale(drifted.row(row), 2, x.row(row));
      }
      Matrix target = target(x, drifted);
      double step = 0.75 * Math.min(1, tokensPerInput / 12.0);
      for (int row = 0; row < w.rows(); row++) {
        for (int j = 0; j < COLUMNS; j++) {
          double weight = w.get(row, j);
          assertEquals((1 + step) * weight, target.get(row, j), 0.06, tokens + " tokens");
        }
      }
    }
  }

  /** Where the hidden states lack B x~ the outputs bring it: the best weights are W + B. */
  @Test
  void makesUpForWhatTheHiddenStatesLack() {
    Matrix x = RandomMatrices.of(Kind.GAUSSIAN, 4000, COLUMNS, 6, arena);
    Matrix lacking = Matrix.allocate(arena, x.rows(), w.rows());
    for (int row = 0; row < x.rows(); row++) {
      lacking.set(row, 1, 2 * x.get(row, 5));
    }
    Matrix target = target(x, x, Optional.of(lacking));
    for (int row = 0; row < w.rows(); row++) {
      for (int j = 0; j < COLUMNS; j++) {
        double expected = w.get(row, j) + (row == 1 && j == 5 ? 0.75 * 2 : 0);
        assertEquals(expected, target.get(row, j), 0.025, row + ", " + j);
      }
    }
  }

  @Test
  void deadChannelsAndFewTokensLeaveItFinite() {
    for (Kind kind : new Kind[] {Kind.OUTLIERS, Kind.ZERO, Kind.TINY, Kind.LARGE}) {
      Matrix x = RandomMatrices.of(kind, 6, COLUMNS, 4, arena);
      Matrix drifted = RandomMatrices.of(kind, 6, COLUMNS, 5, arena);
      for (int row = 0; row < x.rows(); row++) {
        drifted.set(row, 3, 0);
      }
      Matrix target = target(x, drifted);
      for (int row = 0; row < w.rows(); row++) {
        assertTrue(compute.kernels().arithmetic().firstNonFinite(target.row(row)) < 0, kind.name());
      }
    }
  }
}
