// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.constraint.ScaleFit;
import dev.awp.constraint.ScaleFit.Trial;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Scales (and minimums) that minimise f with the codes fixed, in closed form, rounded to what can
 * be stored and taken in those lanes where f falls by them. T moves along a, its derivative by the
 * scale, and b, its derivative by the minimum: the step (x, y) solves
 *
 * <pre>
 *   (a C a) x + (a C b) y = a . G
 *   (a C b) x + (b C b) y = b . G
 * </pre>
 *
 * in every lane. What a and b are is the fit's business ({@link ScaleFit}). For one worker.
 */
final class ScaleRefit {
  private final LaneState state;
  private final ScaleFit scales;
  private final Matrix c;
  private final Matrix codes;
  private final Matrix t;
  private final Matrix residual;
  private final Compute compute;
  private final ArithmeticKernels arithmetic;
  private final int lanes;
  private final Matrix lost;
  private final MemorySegment value;

  /**
   * For a part of a layer.
   *
   * @param lost scratch, as many rows as the columns of the widest refit
   */
  ScaleRefit(LaneState state, ScaleFit scales, Matrix lost) {
    this.state = state;
    this.scales = scales;
    this.c = state.c();
    this.codes = state.codes();
    this.t = state.t();
    this.residual = state.residual();
    this.lost = lost;
    this.compute = state.compute();
    this.arithmetic = state.arithmetic();
    this.lanes = state.lanes();
    this.value = state.value();
  }

  /**
   * Refits one group.
   *
   * @param g the gradient G of its columns, kept up to date
   * @return what T lost in these columns, old less new
   */
  Matrix group(Matrix g, int start, int end) {
    try (Arena arena = Arena.ofConfined()) {
      return refit(scales.group(start, arena), g, start, end, arena);
    }
  }

  /**
   * The same of what the groups of one unit share.
   *
   * @param g the gradient G of its columns, kept up to date
   */
  Matrix unit(Matrix g, int start, int end) {
    try (Arena arena = Arena.ofConfined()) {
      return refit(scales.unit(start, arena), g, start, end, arena);
    }
  }

  private Matrix refit(Trial trial, Matrix g, int start, int end, Arena arena) {
    Matrix square = c.rowRange(start, end).columnRange(start, end);
    Matrix product = Matrix.allocate(arena, end - start, lanes);
    Matrix own = codes.rowRange(start, end);
    Step step = newton(trial.scaleSlopes(own), trial.minimumSlopes(own), g, square, product);
    trial.move(step.scale, step.minimum);
    return take(trial, g, start, end, square, product);
  }

  /** By how much numbers move, for each lane. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Step(double[] scale, double[] minimum) {}

  /**
   * The step along a and b, 0 where there is no curvature.
   *
   * @param b without rows where there are no minimums
   */
  private Step newton(Matrix a, Matrix b, Matrix g, Matrix square, Matrix product) {
    compute.blas().gemm(Op.NONE, Op.NONE, 1, square, a, 0, product);
    double[] slope = state.dots(a, g);
    double[] curvature = state.dots(a, product);
    Step step = new Step(new double[lanes], new double[lanes]);
    if (b.rows() == 0) {
      for (int i = 0; i < lanes; i++) {
        step.scale[i] = curvature[i] > 0 ? slope[i] / curvature[i] : 0;
      }
      return step;
    }
    double[] mixed = state.dots(b, product);
    compute.blas().gemm(Op.NONE, Op.NONE, 1, square, b, 0, product);
    double[] otherSlope = state.dots(b, g);
    double[] otherCurvature = state.dots(b, product);
    for (int i = 0; i < lanes; i++) {
      double determinant = curvature[i] * otherCurvature[i] - mixed[i] * mixed[i];
      if (determinant > 1e-6 * curvature[i] * otherCurvature[i]) {
        step.scale[i] = (slope[i] * otherCurvature[i] - otherSlope[i] * mixed[i]) / determinant;
        step.minimum[i] = (otherSlope[i] * curvature[i] - slope[i] * mixed[i]) / determinant;
      } else if (curvature[i] > 0) {
        step.scale[i] = slope[i] / curvature[i];
      }
    }
    return step;
  }

  /** Takes the trial's numbers in those lanes where f falls. */
  private Matrix take(Trial trial, Matrix g, int start, int end, Matrix square, Matrix product) {
    Matrix loss = lost.rowRange(0, end - start);
    for (int j = start; j < end; j++) {
      trial.values(j, codes.row(j), value);
      arithmetic.subtract(t.row(j), value, loss.row(j - start));
    }
    // f changes by loss . (G before + G after) = loss . (2 G + C loss).
    compute.blas().gemm(Op.NONE, Op.NONE, 1, square, loss, 0, product);
    double[] linear = state.dots(loss, g);
    double[] quadratic = state.dots(loss, product);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment falls = arena.allocate(JAVA_FLOAT, lanes);
      for (int i = 0; i < lanes; i++) {
        boolean better = 2 * linear[i] + quadratic[i] < 0;
        falls.setAtIndex(JAVA_FLOAT, i, better ? 1 : 0);
        if (better) {
          trial.accept(i);
        }
      }
      for (int j = start; j < end; j++) {
        MemorySegment change = loss.row(j - start);
        keepWhere(falls, change);
        keepWhere(falls, product.row(j - start));
        state.fits().values(j, codes.row(j), t.row(j));
        arithmetic.add(residual.row(j), change, residual.row(j));
        arithmetic.add(g.row(j - start), product.row(j - start), g.row(j - start));
      }
    }
    return loss;
  }

  private void keepWhere(MemorySegment chosen, MemorySegment x) {
    compute.kernels().selection().applyMask(chosen, x, x);
  }
}
