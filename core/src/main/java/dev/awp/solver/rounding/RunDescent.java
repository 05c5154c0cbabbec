// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.RunLanes;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One step of coordinate descent for grids whose codes name vectors: all columns of a run move at
 * once, to the vector nearest, in the form of the run's block A of C, to where they would lie
 * without a grid, t + A^-1 G. f changes by lost (2 G + A lost), exactly. For one worker.
 */
final class RunDescent {
  /** Added to the diagonal of A, in units of its mean: columns without inputs stay near. */
  private static final double DAMPING = 1e-4;

  private final LaneState state;
  private final ArithmeticKernels arithmetic;
  private final int run;
  private final int lanes;
  private final Matrix target;
  private final Matrix found;
  private final Matrix lost;
  private final Matrix product;
  private final MemorySegment inverse;
  private final MemorySegment value;

  RunDescent(LaneState state, Arena arena) {
    this.state = state;
    this.arithmetic = state.arithmetic();
    this.run = state.layout().runLength();
    this.lanes = state.lanes();
    this.target = Matrix.allocate(arena, run, lanes);
    this.found = Matrix.allocate(arena, run, lanes);
    this.lost = Matrix.allocate(arena, run, lanes);
    this.product = Matrix.allocate(arena, run, lanes);
    this.inverse = arena.allocate(JAVA_FLOAT, (long) run * run);
    this.value = arena.allocate(JAVA_FLOAT, lanes);
  }

  /** Matrices of a run's columns that it and a sweep keep. */
  static final int SCRATCH = 5;

  /** A fit of the run's group: its own, or one on trial. */
  interface Fit {
    void nearestRun(float[] form, Matrix x, Matrix codes);

    void values(MemorySegment codes, MemorySegment out);

    /** The fit that lanes have for the group of a column. */
    static Fit of(RunLanes lanes, int column) {
      return new Fit() {
        @Override
        public void nearestRun(float[] form, Matrix x, Matrix codes) {
          lanes.nearestRun(column, form, x, codes);
        }

        @Override
        public void values(MemorySegment codes, MemorySegment out) {
          lanes.values(column, codes, out);
        }
      };
    }

    /** The fit on trial. */
    static Fit of(RunLanes.Trial trial) {
      return new Fit() {
        @Override
        public void nearestRun(float[] form, Matrix x, Matrix codes) {
          trial.nearestRun(form, x, codes);
        }

        @Override
        public void values(MemorySegment codes, MemorySegment out) {
          trial.values(codes, out);
        }
      };
    }
  }

  /**
   * Moves a run.
   *
   * @param first its first column
   * @param t values of its columns, [n, lanes], which move
   * @param codes of its columns, which move
   * @param g the gradient G of its columns; not changed
   * @param always whether every lane moves; otherwise those where f falls
   * @return what T lost, old less new
   */
  Matrix move(int first, Fit fit, Matrix t, Matrix codes, Matrix g, boolean always) {
    int n = t.rows();
    float[] form = form(first, n);
    takeTarget(form, t, g);
    Matrix newCodes = found.rowRange(0, n);
    fit.nearestRun(form, target.rowRange(0, n), newCodes);
    Matrix loss = lost.rowRange(0, n);
    for (int j = 0; j < n; j++) {
      fit.values(newCodes.row(j), value);
      arithmetic.subtract(t.row(j), value, loss.row(j));
    }
    if (!always) {
      keepWhereFalls(first, g, loss, codes, newCodes);
    } else {
      codes.copyFrom(newCodes);
    }
    for (int j = 0; j < n; j++) {
      fit.values(codes.row(j), t.row(j));
    }
    return loss;
  }

  private float[] form(int first, int n) {
    float[] form = new float[n * n];
    double mean = 0;
    for (int j = 0; j < n; j++) {
      mean += state.c().get(first + j, first + j) / n;
      for (int k = 0; k < n; k++) {
        form[j * n + k] = state.c().get(first + j, first + k);
      }
    }
    for (int j = 0; j < n; j++) {
      form[j * (n + 1)] += (float) (DAMPING * mean);
    }
    return form;
  }

  /** t + A^-1 G. */
  private void takeTarget(float[] form, Matrix t, Matrix g) {
    int n = t.rows();
    Matrix x = target.rowRange(0, n);
    x.copyFrom(t);
    if (!invert(form, n)) {
      return;
    }
    for (int k = 0; k < n; k++) {
      MemorySegment factors = inverse.asSlice((long) k * n * Float.BYTES, (long) n * Float.BYTES);
      arithmetic.addOuter(factors, g.row(k), x.segment());
    }
  }

  /** By Gauss and Jordan, without pivots: A is positive definite. False where it is not. */
  private boolean invert(float[] form, int n) {
    double[] a = new double[n * n];
    double[] b = new double[n * n];
    for (int i = 0; i < a.length; i++) {
      a[i] = form[i];
    }
    for (int j = 0; j < n; j++) {
      b[j * (n + 1)] = 1;
    }
    for (int j = 0; j < n; j++) {
      double pivot = a[j * (n + 1)];
      if (!(pivot > 0)) {
        return false;
      }
      for (int k = 0; k < n; k++) {
        a[j * n + k] /= pivot;
        b[j * n + k] /= pivot;
      }
      for (int i = 0; i < n; i++) {
        double factor = i == j ? 0 : a[i * n + j];
        for (int k = 0; k < n && factor != 0; k++) {
          a[i * n + k] -= factor * a[j * n + k];
          b[i * n + k] -= factor * b[j * n + k];
        }
      }
    }
    for (int i = 0; i < b.length; i++) {
      inverse.setAtIndex(JAVA_FLOAT, i, (float) b[i]);
    }
    return true;
  }

  /** Codes become the new ones, and the loss stays, in those lanes where f falls. */
  private void keepWhereFalls(int first, Matrix g, Matrix loss, Matrix codes, Matrix newCodes) {
    int n = loss.rows();
    Matrix squares = product.rowRange(0, n);
    squares.segment().fill((byte) 0);
    for (int k = 0; k < n; k++) {
      MemorySegment factors = state.coupling(first + k, first, first + n);
      arithmetic.addOuter(factors, loss.row(k), squares.segment());
    }
    double[] linear = state.dots(loss, g);
    double[] quadratic = state.dots(loss, squares);
    for (int j = 0; j < n; j++) {
      for (int lane = 0; lane < lanes; lane++) {
        if (2 * linear[lane] + quadratic[lane] < 0) {
          codes.set(j, lane, newCodes.get(j, lane));
        } else {
          loss.set(j, lane, 0);
        }
      }
    }
  }
}
