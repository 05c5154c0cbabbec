// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import dev.awp.disk.WrittenPiece;
import dev.awp.model.LinearLayer;
import dev.awp.model.WeightSource;
import dev.awp.solver.Solution;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * One output while it is written; owns its files. Layers may be written in any order, each once.
 * Not for use by several threads at once, but for {@link #force}.
 */
public interface FormatWriter extends AutoCloseable {
  /**
   * Writes a layer of the plan.
   *
   * @return where its bytes lie, by path inside the folder of the output
   */
  List<WrittenPiece> write(LinearLayer layer, Solution solution);

  /**
   * Whether what {@link #write} returned in an earlier run of the same plan is still there, to the
   * byte.
   */
  boolean holds(List<WrittenPiece> pieces);

  /** Takes a layer as written whose pieces are {@linkplain #holds there}. */
  void restore(List<WrittenPiece> pieces);

  /**
   * Takes layers as not written, so that others can be written in their places.
   *
   * @param pieces what {@link #write} returned
   */
  void reopen(List<WrittenPiece> pieces);

  /**
   * The written model: every tensor under its name in the original checkpoint, decoded from the
   * files as a reader of the format decodes it, in float32. Layers must have been written.
   *
   * @param arena owns the maps
   */
  WeightSource read(Arena arena);

  /** Returns when everything that was written is on the disk; called on another thread. */
  void force();

  /** Makes the files durable, when every layer is written. */
  void finish();

  /** Closes the files, finished or not, and removes nothing. */
  @Override
  void close();
}
