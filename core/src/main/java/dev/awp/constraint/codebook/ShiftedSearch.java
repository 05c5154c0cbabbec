// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.kernel.Kernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * Levels that have signs: l A l of every vector is computed once for all lanes, and the search is
 * exact.
 */
final class ShiftedSearch extends RunSearch {
  private final Kernels kernels;
  private final ShiftedVectors vectors;
  private final Matrix products;
  private final MemorySegment offsets;
  private final MemorySegment coefficients;

  ShiftedSearch(CodebookGrid grid, Kernels kernels, int lanes, SegmentAllocator allocator) {
    super(grid, lanes, allocator);
    this.kernels = kernels;
    this.vectors = ShiftedVectors.of(grid, allocator);
    this.products = products(vectors, allocator);
    this.offsets = allocator.allocate(JAVA_FLOAT, vectors.count());
    this.coefficients = allocator.allocate(JAVA_FLOAT, (long) run() * lanes);
  }

  /** Of every two columns, each with itself too, the products of all vectors' levels. */
  private static Matrix products(ShiftedVectors vectors, SegmentAllocator allocator) {
    int n = vectors.columns();
    Matrix all = Matrix.allocate(allocator, n * (n + 1) / 2, vectors.count());
    int row = 0;
    for (int j = 0; j < n; j++) {
      for (int k = j; k < n; k++) {
        for (int e = 0; e < vectors.count(); e++) {
          all.set(row, e, vectors.level(e, j) * vectors.level(e, k));
        }
        row++;
      }
    }
    return all;
  }

  @Override
  void search(MemorySegment zeroPoint) {
    int run = run();
    boolean ofGroup = grid().signs() == CodebookGrid.Signs.SHIFT_OF_GROUP;
    float[] a = form();
    int row = 0;
    offsets.fill((byte) 0);
    for (int j = 0; j < run; j++) {
      for (int k = j; k < run; k++) {
        float factor = a[j * run + k] * (j == k ? 1 : 2);
        kernels.arithmetic().multiplyAdd(factor, products.row(row++), offsets, offsets);
      }
    }
    for (int lane = 0; lane < lanes(); lane++) {
      float shift = ofGroup ? -zeroPoint.getAtIndex(JAVA_FLOAT, lane) : 0;
      for (int j = 0; j < run; j++) {
        float sum = 0;
        for (int k = 0; k < run; k++) {
          sum += a[j * run + k] * (z()[lane * run + k] - shift);
        }
        coefficients.setAtIndex(JAVA_FLOAT, (long) j * lanes() + lane, -2 * sum);
      }
    }
    kernels
        .grid()
        .leastSums(offsets, vectors.table(), coefficients, least(lanes()), entries(lanes()));
    for (int lane = 0; lane < lanes(); lane++) {
      float shift = ofGroup ? -zeroPoint.getAtIndex(JAVA_FLOAT, lane) : 0;
      for (int j = 0; j < run; j++) {
        levels()[lane * run + j] = vectors.level(entry(lane), j) + shift;
      }
    }
  }
}
