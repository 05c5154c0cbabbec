// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.ColumnLanes;
import dev.awp.constraint.GroupTrial;
import dev.awp.constraint.RunLanes;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

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
  private final Attempt attempt;

  /** Scratch for groups of up to so many columns. */
  GroupSearch(LaneState state, int columns, Arena arena) {
    this.state = state;
    this.arithmetic = state.arithmetic();
    int lanes = state.lanes();
    this.trialT = Matrix.allocate(arena, columns, lanes);
    this.trialCodes = Matrix.allocate(arena, columns, lanes);
    this.trialGradient = Matrix.allocate(arena, columns, lanes);
    this.bestT = Matrix.allocate(arena, columns, lanes);
    this.bestCodes = Matrix.allocate(arena, columns, lanes);
    this.value = arena.allocate(JAVA_FLOAT, lanes);
    this.best = new double[lanes];
    switch (state.fits()) {
      case ColumnLanes columnLanes -> {
        ColumnLanes.Trial own = columnLanes.trial(arena);
        this.trial = own;
        this.attempt = (start, end, order) -> descend(own, start, end, order);
      }
      case RunLanes runLanes -> {
        RunLanes.Trial own = runLanes.trial(arena);
        RunDescent descent = new RunDescent(state, arena);
        this.trial = own;
        this.attempt = (start, end, _) -> descend(own, descent, start, end);
      }
    }
  }

  /** Chooses the codes of a group from start to end in the fit on trial. */
  @FunctionalInterface
  private interface Attempt {
    void descend(int start, int end, int[] order);
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
      attempt.descend(start, end, order);
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

  private void descend(ColumnLanes.Trial own, int start, int end, int... order) {
    for (int pass = 0; pass < passes(end - start); pass++) {
      for (int column : order) {
        descend(own, column, start, end);
      }
    }
  }

  private void descend(ColumnLanes.Trial own, int column, int start, int end) {
    float curvature = state.c().get(column, column);
    if (!(curvature > 0)) {
      curvature = Float.POSITIVE_INFINITY;
    }
    int j = column - start;
    MemorySegment t = trialT.row(j);
    MemorySegment codes = trialCodes.row(j);
    arithmetic.multiplyAdd(1 / curvature, trialGradient.row(j), t, value);
    own.nearest(value, codes);
    state.hold(column, codes);
    own.values(codes, value);
    // What T loses here, old less new.
    arithmetic.subtract(t, value, t);
    arithmetic.addOuter(state.coupling(column, start, end), t, rows(trialGradient, end - start));
    t.copyFrom(value);
  }

  /** One pass over the runs of a group. */
  private void descend(RunLanes.Trial own, RunDescent descent, int start, int end) {
    RunDescent.Fit fit = RunDescent.Fit.of(own);
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
