// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.block;

import java.lang.foreign.MemorySegment;

/** Reads the rows of a tensor's type. Scratch for one thread. */
@FunctionalInterface
public interface RowReader {
  /**
   * Reads a row.
   *
   * @param stored its bytes, padding included
   * @param values receives the values of the columns without padding
   */
  void read(MemorySegment stored, MemorySegment values);
}
