// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.rounding;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.ColumnLanes;
import dev.awp.constraint.GridPoints;
import dev.awp.solver.rounding.BeamRounding.Feedback;
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
  private final GridPoints points;
  private final float[] target;
  private final float[] gradient;
  private final float[] products;
  private final float[] values;
  private final int[] places;
  private final boolean[] held;

  /**
   * Scratch.
   *
   * @param width ways that are kept
   * @param columns the most that are rounded at once
   */
  BlockRounding(LaneState state, ColumnLanes fits, int width, int columns) {
    this.state = state;
    this.beam = new BeamRounding(width, columns);
    this.points = fits.points(columns);
    this.target = new float[columns];
    this.gradient = new float[columns];
    this.products = new float[columns];
    this.values = new float[columns];
    this.places = new int[columns];
    this.held = new boolean[columns];
  }

  /**
   * Rounds a block of a sweep, places from (inclusive) to (exclusive) of its order.
   *
   * @param running what the columns before have made of the block, [to - from, lanes]
   * @param error receives what each column's value was off its point
   */
  void sweep(ColumnOrder order, int from, Feedback feedback, Matrix running, Matrix error) {
    int n = feedback.columns();
    for (int j = 0; j < n; j++) {
      places[j] = order.column(from + j);
    }
    for (int lane = 0; lane < state.lanes(); lane++) {
      for (int j = 0; j < n; j++) {
        target[j] = running.get(j, lane);
      }
      takePoints(lane, n);
      beam.round(target, points, feedback);
      for (int j = 0; j < n; j++) {
        state.codes().set(places[j], lane, beam.codes()[j]);
        error.set(j, lane, beam.error()[j]);
      }
    }
    for (int j = 0; j < n; j++) {
      int column = places[j];
      state.fits().values(column, state.codes().row(column), state.t().row(column));
    }
  }

  /** The points of a lane in the first n places. */
  private void takePoints(int lane, int n) {
    if (state.mask().isPresent()) {
      for (int j = 0; j < n; j++) {
        held[j] = state.mask().get().get(places[j], lane) == 0;
      }
    }
    points.take(lane, places, n, held);
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
    for (int j = 0; j < n; j++) {
      places[j] = first + order.column(j);
    }
    for (int lane = 0; lane < state.lanes(); lane++) {
      for (int j = 0; j < n; j++) {
        gradient[j] = g.get(order.column(j), lane);
        target[j] = state.t().get(places[j], lane);
      }
      takePoints(lane, n);
      addNewtonStep(feedback);
      beam.round(target, points, feedback);
      boolean falls = change(order, first, lane, n) < 0;
      for (int j = 0; j < n; j++) {
        lost.set(order.column(j), lane, falls ? target[j] : 0);
        if (falls && target[j] != 0) {
          state.codes().set(places[j], lane, beam.codes()[j]);
          state.t().set(places[j], lane, values[j]);
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
      float[] row = feedback.feedback()[j];
      float sum = gradient[j];
      for (int k = j + 1; k < n; k++) {
        sum -= row[k] * gradient[k];
      }
      // With rows of U over U_jj on both sides, what remains between them is U_jj^2.
      float scaled = sum / feedback.weights()[j];
      target[j] += scaled;
      for (int k = j + 1; k < n; k++) {
        target[k] -= row[k] * scaled;
      }
    }
  }

  /** The change of f: lost . (2 G + C lost); leaves the values, and in the target T's loss. */
  private double change(ColumnOrder order, int first, int lane, int n) {
    Arrays.fill(products, 0, n, 0);
    points.values(beam.codes(), n, values);
    for (int j = 0; j < n; j++) {
      int column = order.column(j);
      float loss = state.t().get(first + column, lane) - values[j];
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
