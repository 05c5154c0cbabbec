// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.GroupTrial;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Tries other grids for one group while all other groups stay as they are: for each neighbour of
 * the group's fit ({@link GroupTrial}) its codes are chosen by coordinate descent inside the group,
 * and what lowers f most is taken, lane by lane. For one worker.
 */
final class GroupSearch {
  /** Up to so many columns a trial is worth two passes of descent. */
  private static final int NARROW = 64;

  private final LaneState state;
  private final GroupTrial trial;
  private final ArithmeticKernels arithmetic;
  private final Matrix trialT;
  private final Matrix trialCodes;
  private final Matrix trialGradient;
  private final Matrix bestT;
  private final Matrix bestCodes;
  private final MemorySegment value;
  private final double[] best;
  private final Optional<RunDescent> runs;

  /** Scratch for groups of up to so many columns. */
  GroupSearch(LaneState state, int columns, Arena arena) {
    this.state = state;
    this.trial = state.fits().trial(arena);
    this.arithmetic = state.arithmetic();
    int lanes = state.lanes();
    this.trialT = Matrix.allocate(arena, columns, lanes);
    this.trialCodes = Matrix.allocate(arena, columns, lanes);
    this.trialGradient = Matrix.allocate(arena, columns, lanes);
    this.bestT = Matrix.allocate(arena, columns, lanes);
    this.bestCodes = Matrix.allocate(arena, columns, lanes);
    this.value = arena.allocate(JAVA_FLOAT, lanes);
    this.best = new double[lanes];
    this.runs =
        state.layout().hasRuns() ? Optional.of(new RunDescent(state, arena)) : Optional.empty();
  }

  /** Matrices of a group's columns that the search keeps. */
  static final int SCRATCH = 5;

  private static int passes(int columns) {
    return columns <= NARROW ? 2 : 1;
  }

  /** Multiplications of a search a lane. */
  static double multiplications(int neighbours, double columns) {
    return neighbours * passes((int) columns) * columns * columns;
  }

  /**
   * Searches the fit of the group of some columns.
   *
   * @param g the gradient G of its columns; not changed
   * @param order of its columns in a pass
   * @param lost receives what T lost in these columns, old less new
   */
  void search(Matrix g, int start, int end, int[] order, Matrix lost) {
    int n = end - start;
    Arrays.fill(best, 0);
    copy(state.t(), start, bestT, n);
    copy(state.codes(), start, bestCodes, n);
    trial.begin(start);
    for (int index = 0; index < state.grid().neighbours(); index++) {
      trial.propose(index);
      copy(state.t(), start, trialT, n);
      for (int j = 0; j < n; j++) {
        trialGradient.row(j).copyFrom(g.row(j));
      }
      if (runs.isPresent()) {
        descend(runs.get(), start, end);
      } else {
        for (int pass = 0; pass < passes(n); pass++) {
          for (int column : order) {
            descend(column, start, end);
          }
        }
      }
      takeBetter(start, n, g);
    }
    for (int j = 0; j < n; j++) {
      arithmetic.subtract(state.t().row(start + j), bestT.row(j), lost.row(j));
      state.t().row(start + j).copyFrom(bestT.row(j));
      state.codes().row(start + j).copyFrom(bestCodes.row(j));
      MemorySegment residual = state.residual().row(start + j);
      arithmetic.add(residual, lost.row(j), residual);
    }
    trial.take();
  }

  private static void copy(Matrix from, int start, Matrix to, int n) {
    for (int j = 0; j < n; j++) {
      to.row(j).copyFrom(from.row(start + j));
    }
  }

  private void descend(int column, int start, int end) {
    float curvature = state.c().get(column, column);
    if (!(curvature > 0)) {
      curvature = Float.POSITIVE_INFINITY;
    }
    int j = column - start;
    MemorySegment t = trialT.row(j);
    MemorySegment codes = trialCodes.row(j);
    arithmetic.multiplyAdd(1 / curvature, trialGradient.row(j), t, value);
    trial.nearest(value, codes);
    state.hold(column, codes);
    trial.values(codes, value);
    // What T loses here, old less new.
    arithmetic.subtract(t, value, t);
    arithmetic.addOuter(state.coupling(column, start, end), t, rows(trialGradient, end - start));
    t.copyFrom(value);
  }

  /** One pass over the runs of a group. */
  private void descend(RunDescent descent, int start, int end) {
    RunDescent.Fit fit =
        new RunDescent.Fit() {
          @Override
          public void nearestRun(float[] form, Matrix x, Matrix codes) {
            trial.nearestRun(form, x, codes);
          }

          @Override
          public void values(MemorySegment codes, MemorySegment out) {
            trial.values(codes, out);
          }
        };
    int run = state.layout().runLength();
    for (int first = start; first < end; first += run) {
      int from = first - start;
      int to = Math.min(end, first + run) - start;
      Matrix t = trialT.rowRange(from, to);
      Matrix codes = trialCodes.rowRange(from, to);
      Matrix lost = descent.move(first, fit, t, codes, trialGradient.rowRange(from, to), true);
      for (int j = from; j < to; j++) {
        MemorySegment coupling = state.coupling(start + j, start, end);
        arithmetic.addOuter(coupling, lost.row(j - from), rows(trialGradient, end - start));
      }
    }
  }

  private static MemorySegment rows(Matrix x, int n) {
    return x.rowRange(0, n).segment();
  }

  /** Takes the trial in those lanes where f falls by more than by any before. */
  private void takeBetter(int start, int n, Matrix g) {
    double[] change = new double[best.length];
    for (int j = 0; j < n; j++) {
      MemorySegment before = state.t().row(start + j);
      for (int lane = 0; lane < change.length; lane++) {
        double loss = before.getAtIndex(JAVA_FLOAT, lane) - trialT.get(j, lane);
        change[lane] += loss * ((double) g.get(j, lane) + trialGradient.get(j, lane));
      }
    }
    for (int lane = 0; lane < change.length; lane++) {
      if (change[lane] < best[lane]) {
        best[lane] = change[lane];
        for (int j = 0; j < n; j++) {
          bestT.set(j, lane, trialT.get(j, lane));
          bestCodes.set(j, lane, trialCodes.get(j, lane));
        }
        trial.keep(lane);
      }
    }
  }
}
