// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.constraint.BlockGrid;
import dev.awp.constraint.IntegerGrid;
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
 * in every lane. For a group a is its steps and b is ones. For a block with a super-scale a is the
 * steps times the groups' integers, and b the integers of the minimums times -1. For one worker.
 */
final class ScaleRefit {
  private final LaneState state;
  private final LaneGrid grid;
  private final Matrix c;
  private final Matrix steps;
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
  ScaleRefit(LaneState state, Matrix lost, Arena arena) {
    this.state = state;
    this.grid = state.grid();
    this.c = state.c();
    this.steps = state.steps();
    this.t = state.t();
    this.residual = state.residual();
    this.lost = lost;
    this.compute = state.compute();
    this.arithmetic = state.arithmetic();
    this.lanes = state.lanes();
    this.value = arena.allocate(JAVA_FLOAT, lanes);
  }

  /** New scales and minimums on trial, of the groups from {@code first} on, and of their unit. */
  private record Trial(int first, Matrix scales, Matrix minimums, Matrix unit) {
    MemorySegment scale(int group) {
      return scales.row(group - first);
    }

    MemorySegment minimum(int group) {
      return minimums.rows() == 0 ? scales.row(group - first) : minimums.row(group - first);
    }
  }

  /**
   * Refits one group.
   *
   * @param g the gradient G of its columns, kept up to date
   * @return what T lost in these columns, old less new
   */
  Matrix group(int group, Matrix g, int start, int end) {
    Matrix square = c.rowRange(start, end).columnRange(start, end);
    Matrix a = steps.rowRange(start, end);
    boolean minimums = grid.grid().hasMinimums();
    try (Arena arena = Arena.ofConfined()) {
      Matrix product = Matrix.allocate(arena, end - start, lanes);
      Trial trial =
          new Trial(
              group,
              Matrix.allocate(arena, 1, lanes),
              Matrix.allocate(arena, minimums ? 1 : 0, lanes),
              Matrix.allocate(arena, 0, lanes));
      Matrix ones = Matrix.allocate(arena, minimums ? end - start : 0, lanes);
      for (int j = 0; j < ones.rows(); j++) {
        fill(ones.row(j), 1);
      }
      double[][] step = newton(a, ones, g, square, product);
      for (int i = 0; i < lanes; i++) {
        float old = grid.scales().get(group, i);
        trial.scales.set(0, i, scale(group, i, old, step[0][i]));
        if (minimums) {
          double minimum = grid.minimums().get(group, i) + step[1][i];
          float superMinimum = superOf(grid.superMinimums(), group, i);
          trial.minimums.set(0, i, blocks().storableMinimum(minimum, superMinimum));
        }
      }
      return take(trial, g, start, end, square, product);
    }
  }

  private float scale(int group, int lane, float old, double step) {
    double best = old + step;
    if (grid.grid() instanceof IntegerGrid integers) {
      return best > 0 ? integers.storableScale(best) : old;
    }
    return step == 0 ? old : blocks().storableScale(best, superOf(grid.superScales(), group, lane));
  }

  private float superOf(Matrix numbers, int group, int lane) {
    return numbers.rows() == 0 ? 0 : numbers.get(group / blocks().unitGroups(), lane);
  }

  private BlockGrid blocks() {
    return (BlockGrid) grid.grid();
  }

  /**
   * Refits the super-scale and super-minimum of one unit, with the integers of its groups fixed.
   *
   * @param g the gradient G of its columns, kept up to date
   */
  void unit(Matrix g, int start, int end) {
    Matrix square = c.rowRange(start, end).columnRange(start, end);
    int first = grid.group(start);
    int groups = grid.group(end - 1) + 1 - first;
    int index = start / grid.unitSize();
    boolean minimums = grid.grid().hasMinimums();
    try (Arena arena = Arena.ofConfined()) {
      Matrix scales = grid.scales().rowRange(first, first + groups);
      Matrix product = Matrix.allocate(arena, end - start, lanes);
      Matrix factors = factors(scales, grid.superScales().row(index), arena);
      Matrix least =
          minimums
              ? factors(
                  grid.minimums().rowRange(first, first + groups),
                  grid.superMinimums().row(index),
                  arena)
              : Matrix.allocate(arena, 0, lanes);
      Matrix a = Matrix.allocate(arena, end - start, lanes);
      Matrix b = Matrix.allocate(arena, minimums ? end - start : 0, lanes);
      for (int j = start; j < end; j++) {
        int group = grid.group(j) - first;
        arithmetic.multiply(steps.row(j), factors.row(group), a.row(j - start));
        if (minimums) {
          b.row(j - start).copyFrom(least.row(group));
        }
      }
      double[][] step = newton(a, b, g, square, product);
      Trial trial =
          new Trial(
              first,
              Matrix.allocate(arena, groups, lanes),
              Matrix.allocate(arena, minimums ? groups : 0, lanes),
              Matrix.allocate(arena, 2, lanes));
      for (int i = 0; i < lanes; i++) {
        propose(trial, index, groups, factors, least, step, i);
      }
      var _ = take(trial, g, start, end, square, product);
    }
  }

  private void propose(
      Trial trial, int index, int groups, Matrix factors, Matrix least, double[][] step, int lane) {
    float superScale = grid.superScales().get(index, lane);
    if (step[0][lane] != 0) {
      superScale = blocks().storableSuperScale(superScale + step[0][lane]);
    }
    trial.unit.set(0, lane, superScale);
    for (int k = 0; k < groups; k++) {
      trial.scales.set(k, lane, factors.get(k, lane) * superScale);
    }
    if (least.rows() > 0) {
      float old = grid.superMinimums().get(index, lane);
      float superMinimum = blocks().storableSuperMinimum(old + step[1][lane]);
      trial.unit.set(1, lane, superMinimum);
      for (int k = 0; k < groups; k++) {
        trial.minimums.set(k, lane, least.get(k, lane) * superMinimum + 0f);
      }
    }
  }

  /** What numbers are multiples of others; 0 of 0. */
  private Matrix factors(Matrix multiples, MemorySegment units, Arena arena) {
    Matrix factors = Matrix.allocate(arena, multiples.rows(), lanes);
    for (int k = 0; k < multiples.rows(); k++) {
      for (int i = 0; i < lanes; i++) {
        float unit = units.getAtIndex(JAVA_FLOAT, i);
        factors.set(k, i, unit == 0 ? 0 : multiples.get(k, i) / unit);
      }
    }
    return factors;
  }

  private static void fill(MemorySegment x, float value) {
    for (long i = 0; i < x.byteSize() / Float.BYTES; i++) {
      x.setAtIndex(JAVA_FLOAT, i, value);
    }
  }

  /**
   * The step along a and b, 0 where there is no curvature.
   *
   * @param b without rows where there are no minimums
   */
  private double[][] newton(Matrix a, Matrix b, Matrix g, Matrix square, Matrix product) {
    compute.blas().gemm(Op.NONE, Op.NONE, 1, square, a, 0, product);
    double[] slope = state.dots(a, g);
    double[] curvature = state.dots(a, product);
    double[][] step = new double[2][lanes];
    if (b.rows() == 0) {
      for (int i = 0; i < lanes; i++) {
        step[0][i] = curvature[i] > 0 ? slope[i] / curvature[i] : 0;
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
        step[0][i] = (slope[i] * otherCurvature[i] - otherSlope[i] * mixed[i]) / determinant;
        step[1][i] = (otherSlope[i] * curvature[i] - slope[i] * mixed[i]) / determinant;
      } else if (curvature[i] > 0) {
        step[0][i] = slope[i] / curvature[i];
      }
    }
    return step;
  }

  /** Takes the trial's numbers in those lanes where f falls. */
  private Matrix take(Trial trial, Matrix g, int start, int end, Matrix square, Matrix product) {
    Matrix loss = lost.rowRange(0, end - start);
    for (int j = start; j < end; j++) {
      int group = grid.group(j);
      grid.values(steps.row(j), trial.scale(group), trial.minimum(group), value);
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
          accept(trial, start, i);
        }
      }
      for (int j = start; j < end; j++) {
        MemorySegment change = loss.row(j - start);
        keepWhere(falls, change);
        keepWhere(falls, product.row(j - start));
        grid.values(steps.row(j), grid.group(j), t.row(j));
        arithmetic.add(residual.row(j), change, residual.row(j));
        arithmetic.add(g.row(j - start), product.row(j - start), g.row(j - start));
      }
    }
    return loss;
  }

  private void accept(Trial trial, int start, int lane) {
    for (int k = 0; k < trial.scales.rows(); k++) {
      grid.scales().set(trial.first + k, lane, trial.scales.get(k, lane));
    }
    for (int k = 0; k < trial.minimums.rows(); k++) {
      grid.minimums().set(trial.first + k, lane, trial.minimums.get(k, lane));
    }
    if (trial.unit.rows() > 0) {
      int index = start / grid.unitSize();
      grid.superScales().set(index, lane, trial.unit.get(0, lane));
      if (trial.minimums.rows() > 0) {
        grid.superMinimums().set(index, lane, trial.unit.get(1, lane));
      }
    }
  }

  private void keepWhere(MemorySegment chosen, MemorySegment x) {
    compute.kernels().selection().applyMask(chosen, x, x);
  }
}
