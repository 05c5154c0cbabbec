// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.calibration.CrossMoment;
import dev.awp.calibration.SecondMoment;
import dev.awp.structured.ColumnTableau;

/**
 * The memory that choosing a layer's columns takes, in bytes.
 *
 * @param heap of Java: the tableau in float64, while it is made, and the layer's weights
 * @param offHeap moments and what is made of them, in float32
 */
record PruningMemory(long heap, long offHeap) {
  /** Of layers that are left as they are. */
  static final PruningMemory NONE = new PruningMemory(0, 0);

  /**
   * Of a layer.
   *
   * @param rows dOut
   * @param columns dIn
   * @param solves whether the weights that stay are solved for anew
   * @param drifted whether they make up for the drift of their inputs
   */
  static PruningMemory of(int rows, int columns, boolean solves, boolean drifted) {
    long square = (long) columns * columns * Float.BYTES;
    long layer = (long) rows * columns * Float.BYTES;
    long drift =
        drifted ? CrossMoment.bytes(columns, columns) + CrossMoment.bytes(rows, columns) : 0;
    long summing = SecondMoment.bytes(columns) + square + drift;
    // C and its inverse with a copy, and the layer as it was, should be, is chosen and is spread.
    long solving = square + drift + (drifted ? 2 * square : 0) + 4 * layer;
    long heap = solves ? ColumnTableau.bytes(columns) / 4 * 5 + 2 * layer : 0;
    return new PruningMemory(heap, Math.max(summing, solving));
  }

  /** Whichever is more, of each. */
  PruningMemory max(PruningMemory other) {
    return new PruningMemory(Math.max(heap, other.heap), Math.max(offHeap, other.offHeap));
  }

  long bytes() {
    return heap + offHeap;
  }
}
