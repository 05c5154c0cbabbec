// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.kernel.Blas.Op;
import dev.awp.kernel.Compute;
import dev.awp.kernel.MixedBlas;
import dev.awp.kernel.Precision;
import dev.awp.kernel.RightOperand;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.Stream;

/**
 * C made ready for the steps of {@link MaskedLeastSquares}, in the lowest precision that serves. C
 * in bfloat16 is another quadratic form, whose minimum may lie elsewhere; where it does, directions
 * that are rounded to bfloat16 are multiplied by C in two parts, which is as good as float32. What
 * serves is tried on some rows: from the same mask and the same start, so that chance has no part
 * in it.
 *
 * @param rounded whether directions are to be rounded to bfloat16
 */
record StepOperand(RightOperand products, boolean rounded, Arena arena) implements AutoCloseable {
  /** What the sample's f may lose. */
  private static final double TOLERANCE = 0.001;

  private static final int SAMPLE = 64;

  /** Rows from which on the sample's share of the time is made good. */
  private static final int FEWEST_ROWS = 16 * SAMPLE;

  /**
   * Chooses for a layer.
   *
   * @param w [dOut, dIn]
   * @param t [dOut, dIn], where the steps begin; left as it is
   * @param steps how many there will be
   */
  static StepOperand choose(Matrix w, Matrix c, Matrix t, int steps, Compute compute) {
    if (compute.blas() instanceof MixedBlas mixed && w.rows() >= FEWEST_ROWS) {
      try (Arena arena = Arena.ofShared()) {
        RowSample sample = new RowSample(w.rows(), SAMPLE);
        Trial trial = new Trial(sample.of(w, arena), c, sample.of(t, arena), steps, compute);
        double f32 = trial.objective(RightOperand.plain(mixed.f32(), Op.NONE, c), false);
        for (MixedBlas candidate : candidates(mixed)) {
          StepOperand operand = make(c, w.rows(), compute.with(candidate));
          if (trial.objective(operand.products, operand.rounded) <= (1 + TOLERANCE) * f32) {
            return operand;
          }
          operand.close();
        }
      }
    }
    return make(c, w.rows(), compute.inF32());
  }

  /** The precision of the layer's other products, and C in two parts where that is faster. */
  private static List<MixedBlas> candidates(MixedBlas mixed) {
    return Stream.of(Precision.BF16, Precision.BF16X2)
        .filter(
            precision ->
                precision == mixed.precision()
                    || (precision == Precision.BF16X2
                        && mixed.products().faster().contains(precision)))
        .map(precision -> new MixedBlas(mixed.f32(), mixed.products(), precision))
        .toList();
  }

  @SuppressWarnings("MustBeClosed") // the arena is closed with what is returned, or below
  private static StepOperand make(Matrix c, int rows, Compute on) {
    Arena arena = Arena.ofShared();
    try {
      boolean rounded = !on.blas().precision().servesAnyLeft();
      return new StepOperand(on.prepare(c, rows, arena), rounded, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** The same steps of the same rows with different operands. */
  private record Trial(Matrix w, Matrix c, Matrix t, int steps, Compute compute) {
    double objective(RightOperand products, boolean rounded) {
      try (Arena arena = Arena.ofShared()) {
        Matrix found = Matrix.allocate(arena, t.rows(), t.columns());
        found.copyFrom(t);
        Matrix r = Matrix.allocate(arena, t.rows(), t.columns());
        new MaskedLeastSquares(w, c, found, compute).run(steps, products, rounded, r);
        return Objective.of(w, found, c, compute);
      }
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
