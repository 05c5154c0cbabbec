// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import dev.awp.constraint.GridParameters;
import java.lang.foreign.MemorySegment;

/** Reads and writes the rows of a type of blocks. Scratch for one thread. */
public interface BlockRows extends RowReader {
  /**
   * Takes what all rows of a matrix share, before the first is written.
   *
   * @param parameters of the matrix
   */
  default void begin(GridParameters parameters) {}

  /**
   * Writes a row that lies on the type's grid.
   *
   * @param parameters of its matrix
   * @param row its place in the parameters
   * @param stored receives its bytes, padding included
   * @throws IllegalStateException where a value does not lie on the grid
   */
  void write(MemorySegment values, GridParameters parameters, int row, MemorySegment stored);

  /** Writes a row of zeros, such as padding a matrix takes. */
  void writeZeros(MemorySegment stored);

  /** Makes one for rows of so many columns, which are padded to so many. */
  @FunctionalInterface
  interface Maker {
    BlockRows of(int columns, int paddedColumns);
  }
}
