// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * The vectors among which a search chooses, as one table: those of the codebook, or where each
 * vector has a shift of its own all of them shifted up, then all of them shifted down.
 *
 * @param table [count, columns]
 */
record ShiftedVectors(int columns, int count, MemorySegment table) {
  static ShiftedVectors of(CodebookGrid grid, SegmentAllocator allocator) {
    Codebook codebook = grid.codebook();
    int columns = codebook.columns();
    boolean both = grid.signs() == CodebookGrid.Signs.SHIFT_OF_VECTOR;
    int count = both ? 2 * codebook.size() : codebook.size();
    MemorySegment table = allocator.allocate(JAVA_FLOAT, (long) count * columns);
    for (int e = 0; e < count; e++) {
      float down = e < codebook.size() ? CodebookGrid.SHIFT : -CodebookGrid.SHIFT;
      for (int j = 0; j < columns; j++) {
        float level = codebook.level(e % codebook.size(), j) + (both ? down : 0);
        table.setAtIndex(JAVA_FLOAT, (long) e * columns + j, level);
      }
    }
    return new ShiftedVectors(columns, count, table);
  }

  float level(int entry, int column) {
    return table.getAtIndex(JAVA_FLOAT, (long) entry * columns + column);
  }
}
