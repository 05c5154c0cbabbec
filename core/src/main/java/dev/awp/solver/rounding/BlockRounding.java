// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.IntegerGrid;
import dev.awp.solver.rounding.BeamRounding.Feedback;
import dev.awp.solver.rounding.BeamRounding.Points;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * {@link BeamRounding} for all lanes of a part: of a block of a sweep, or of a few columns while
 * all others stay as they are. For one worker.
 */
final class BlockRounding {
  private final LaneState state;
  private final BeamRounding beam;
  private final Points points;
  private final float[] target;
  private final float[] gradient;
  private final float[] products;

  /**
   * Scratch.
   *
   * @param width ways that are kept
   * @param columns the most that are rounded at once
   */
  BlockRounding(LaneState state, int width, int columns) {
    this.state = state;
    this.beam = new BeamRounding(width, columns);
    boolean integers = state.grid().grid() instanceof IntegerGrid;
    DType values = integers ? ((IntegerGrid) state.grid().grid()).storage().values() : DType.F32;
    this.points = Points.allocate(columns, values);
    this.target = new float[columns];
    this.gradient = new float[columns];
    this.products = new float[columns];
  }

  /**
   * Rounds a block of a sweep, places from (inclusive) to (exclusive) of its order.
   *
   * @param running what the columns before have made of the block, [to - from, lanes]
   * @param error receives what each column's value was off its point
   */
  void sweep(ColumnOrder order, int from, Feedback feedback, Matrix running, Matrix error) {
    int n = feedback.columns();
    for (int lane = 0; lane < state.lanes(); lane++) {
      for (int j = 0; j < n; j++) {
        target[j] = running.get(j, lane);
        state
            .grid()
            .point(order.column(from + j), lane, isHeld(order.column(from + j), lane), j, points);
      }
      beam.round(target, points, feedback);
      for (int j = 0; j < n; j++) {
        state.steps().set(order.column(from + j), lane, beam.steps()[j]);
        error.set(j, lane, beam.error()[j]);
      }
    }
    for (int j = 0; j < n; j++) {
      int column = order.column(from + j);
      state
          .grid()
          .values(state.steps().row(column), state.grid().group(column), state.t().row(column));
    }
  }

  private boolean isHeld(int column, int lane) {
    return state.mask().isPresent() && state.mask().get().get(column, lane) == 0;
  }

  /**
   * Rounds the columns of a small order anew, from where they would lie without a grid: t + C^-1 G
   * there. What is found is taken in those lanes where f falls by it.
   *
   * @param first column that the order counts from
   * @param g the gradient G of these columns, [n, lanes]; not changed
   * @param lost receives what T lost, old less new
   */
  void improve(ColumnOrder order, Feedback feedback, int first, Matrix g, Matrix lost) {
    int n = feedback.columns();
    for (int lane = 0; lane < state.lanes(); lane++) {
      for (int j = 0; j < n; j++) {
        int column = first + order.column(j);
        gradient[j] = g.get(order.column(j), lane);
        target[j] = state.t().get(column, lane);
        state.grid().point(column, lane, isHeld(column, lane), j, points);
      }
      addNewtonStep(feedback);
      beam.round(target, points, feedback);
      boolean falls = change(order, first, lane, n) < 0;
      for (int j = 0; j < n; j++) {
        int column = first + order.column(j);
        lost.set(order.column(j), lane, falls ? target[j] : 0);
        if (falls && target[j] != 0) {
          float value = points.value(j, beam.steps()[j]);
          state.steps().set(column, lane, beam.steps()[j]);
          state.t().set(column, lane, value);
        }
      }
    }
    for (int j = 0; j < n; j++) {
      MemorySegment residual = state.residual().row(first + j);
      state.arithmetic().add(residual, lost.row(j), residual);
    }
  }

  /** Adds (C + damping)^-1 G = U^T U G to the target. */
  private void addNewtonStep(Feedback feedback) {
    int n = feedback.columns();
    for (int j = 0; j < n; j++) {
      float sum = gradient[j];
      for (int k = j + 1; k < n; k++) {
        sum -= feedback.feedback()[j * n + k] * gradient[k];
      }
      // With rows of U over U_jj on both sides, what remains between them is U_jj^2.
      float scaled = sum / feedback.weights()[j];
      target[j] += scaled;
      for (int k = j + 1; k < n; k++) {
        target[k] -= feedback.feedback()[j * n + k] * scaled;
      }
    }
  }

  /** The change of f: lost . (2 G + C lost); leaves what T loses in the target. */
  private double change(ColumnOrder order, int first, int lane, int n) {
    Arrays.fill(products, 0, n, 0);
    for (int j = 0; j < n; j++) {
      int column = order.column(j);
      float loss = state.t().get(first + column, lane) - points.value(j, beam.steps()[j]);
      target[j] = loss;
      if (loss != 0) {
        MemorySegment row = state.coupling(first + column, first, first + n);
        for (int k = 0; k < n; k++) {
          products[k] += loss * row.getAtIndex(JAVA_FLOAT, k);
        }
      }
    }
    double change = 0;
    for (int j = 0; j < n; j++) {
      change += (double) target[j] * (2.0 * gradient[j] + products[order.column(j)]);
    }
    return change;
  }
}
