// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.mask;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * The least-squares problem of one row on a mask K, with the answers for every mask one exchange
 * away: the matrix [C, C w; w^T C, w^T C w] after principal pivots on K (the sweep operator;
 * Goodnight 1979), in float64. With P = C_KK^-1 it holds
 *
 * <pre>
 *   for i, k in K:      P_ik
 *   i in K, j not:      b_ij = (P C_Kj)_i
 *   j, l not in K:      C_jl - C_jK P C_Kl
 *   last column:        t_i = (P (C w)_K)_i in K,  g_j = (C (w - t))_j outside
 *   last entry:         f
 * </pre>
 *
 * <p>A pivot costs 2 (dIn + 1)^2 flops and undoes itself when made again. For one worker.
 */
final class MaskTableau {
  /** A pivot that lost this much of C_jj is rounding: the column depends on those in the mask. */
  private static final double DEPENDENT = 1e-9;

  private final int columns;
  private final int width;
  private final double[] entries;
  private final double[] moments;
  private final boolean[] kept;

  MaskTableau(int columns) {
    this.columns = columns;
    this.width = columns + 1;
    this.entries = new double[width * width];
    this.moments = new double[columns];
    this.kept = new boolean[columns];
  }

  /** Java heap of a tableau, in bytes. */
  static long bytes(int columns) {
    return (columns + 1L) * (columns + 1L) * Double.BYTES;
  }

  /**
   * Takes a row of W, with the mask of t. An entry whose column depends on the others in the mask
   * leaves it: without it f is as low.
   */
  void start(MemorySegment w, MemorySegment t, Matrix c) {
    double dense = 0;
    for (int i = 0; i < columns; i++) {
      double product = 0;
      for (int j = 0; j < columns; j++) {
        double value = 0.5 * (c.get(i, j) + (double) c.get(j, i));
        entries[i * width + j] = value;
        product += value * w.getAtIndex(JAVA_FLOAT, j);
      }
      moments[i] = entries[i * width + i];
      entries[i * width + columns] = product;
      entries[columns * width + i] = product;
      dense += product * w.getAtIndex(JAVA_FLOAT, i);
      kept[i] = false;
    }
    entries[columns * width + columns] = dense;
    for (int j = 0; j < columns; j++) {
      if (t.getAtIndex(JAVA_FLOAT, j) != 0 && independent(j)) {
        flip(j);
      }
    }
  }

  /** f with the least-squares weights on the mask. */
  double objective() {
    return entries[columns * width + columns];
  }

  /** Writes the least-squares weights, zeros off the mask. */
  void store(MemorySegment t) {
    for (int j = 0; j < columns; j++) {
      t.setAtIndex(JAVA_FLOAT, j, kept[j] ? (float) entries[j * width + columns] : 0);
    }
  }

  /** A kept and a dropped column that change places, and by how much f changes. */
  record Exchange(int kept, int dropped, double change) {}

  /**
   * The exchange that lowers f the most; its change is 0 where none lowers it.
   *
   * @param range columns of an aligned range may change places: all of a row, or a pattern's M
   */
  Exchange best(int range) {
    Exchange best = new Exchange(-1, -1, 0);
    for (int i = 0; i < columns; i++) {
      if (kept[i]) {
        int from = i / range * range;
        best = best(i, from, Math.min(columns, from + range), best);
      }
    }
    return best;
  }

  /**
   * Without i, f is t_i^2 / P_ii higher and a dropped column j has the gradient g_j + b_ij t_i /
   * P_ii and the curvature C_jj.K + b_ij^2 / P_ii, whose quotient g^2 / curvature it gives back.
   */
  private Exchange best(int i, int from, int to, Exchange known) {
    int row = i * width;
    double inverse = 1 / entries[row + i];
    double weight = entries[row + columns];
    double loss = weight * weight * inverse;
    Exchange best = known;
    for (int j = from; j < to; j++) {
      if (!kept[j]) {
        double coupling = entries[row + j];
        double gradient = entries[j * width + columns] + coupling * weight * inverse;
        double curvature = entries[j * width + j] + coupling * coupling * inverse;
        double change = loss - gradient * gradient / curvature;
        if (change < best.change() && curvature > DEPENDENT * moments[j]) {
          best = new Exchange(i, j, change);
        }
      }
    }
    return best;
  }

  /** Makes an exchange. The pair's dropped column may depend on the mask until the other left. */
  void make(Exchange exchange) {
    flip(exchange.kept());
    flip(exchange.dropped());
  }

  private boolean independent(int j) {
    return entries[j * width + j] > DEPENDENT * moments[j];
  }

  /** Pivots on column k, which enters or leaves the mask. */
  private void flip(int k) {
    int pivotRow = k * width;
    double inverse = 1 / entries[pivotRow + k];
    for (int j = 0; j < width; j++) {
      entries[pivotRow + j] *= inverse;
    }
    entries[pivotRow + k] = inverse;
    for (int i = 0; i < width; i++) {
      if (i != k) {
        eliminate(i * width, pivotRow, k);
      }
    }
    kept[k] = !kept[k];
  }

  private void eliminate(int row, int pivotRow, int k) {
    double factor = entries[row + k];
    entries[row + k] = 0;
    for (int j = 0; j < width; j++) {
      entries[row + j] -= factor * entries[pivotRow + j];
    }
  }
}
