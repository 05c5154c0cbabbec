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
   * Of a step.
   *
   * @param hidden outputs of the layer that reads its units, and inputs of those that make them
   * @param columns of the layer that reads them
   * @param made rows of the layers that make them, where these make up for the drift of their
   *     inputs; else 0
   * @param chosen whether some are chosen by least squares, and the others solved for anew
   * @param drifted whether the drift of its inputs is measured
   */
  static PruningMemory of(int hidden, int columns, int made, boolean chosen, boolean drifted) {
    long square = (long) columns * columns * Float.BYTES;
    long layer = (long) hidden * columns * Float.BYTES;
    long drift =
        drifted ? CrossMoment.bytes(columns, columns) + CrossMoment.bytes(hidden, columns) : 0;
    long makers = (long) made * hidden * Float.BYTES;
    long summing = SecondMoment.bytes(columns) + square + drift;
    // C and its inverse with a copy, and the layer as it was, should be, is chosen and is spread.
    long solving = square + drift + (drifted ? 2 * square : 0) + 4 * layer;
    long heap = chosen ? ColumnTableau.bytes(columns) / 4 * 5 + 2 * layer : 0;
    long reading = makers + Math.max(summing, solving);
    return new PruningMemory(heap, made > 0 ? Math.max(reading, making(hidden, makers)) : reading);
  }

  /**
   * Of the layers that make units: C, its sums, D and the inverse with a copy, and three of each
   * layer at a time beside those that are made.
   */
  private static long making(int hidden, long makers) {
    long square = (long) hidden * hidden * Float.BYTES;
    return SecondMoment.bytes(hidden) + CrossMoment.bytes(hidden, hidden) + 3 * square + 4 * makers;
  }

  /** Whichever is more, of each. */
  PruningMemory max(PruningMemory other) {
    return new PruningMemory(Math.max(heap, other.heap), Math.max(offHeap, other.offHeap));
  }

  long bytes() {
    return heap + offHeap;
  }
}
