// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import dev.awp.model.LinearLayer;
import dev.awp.model.WeightSource;
import dev.awp.solver.Solution;
import java.lang.foreign.Arena;

/**
 * One output while it is written; owns its files. Layers may be written in any order, each once.
 * Not for use by several threads at once.
 */
public interface FormatWriter extends AutoCloseable {
  /** Writes a layer of the plan. */
  void write(LinearLayer layer, Solution solution);

  /**
   * The written model: every tensor under its name in the original checkpoint, decoded from the
   * files as a reader of the format decodes it, in float32. Layers must have been written.
   *
   * @param arena owns the maps
   */
  WeightSource read(Arena arena);

  /** Sends to the disk, in the background, what was written so far. */
  void writeBehind();

  /** Makes the files durable, when every layer is written. */
  void finish();

  /** Closes the files, finished or not, and removes nothing. */
  @Override
  void close();
}
