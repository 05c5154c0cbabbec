// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compute;

import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;

/** Work on blocks of rows in parallel, each block with scratch memory of its own. */
public final class Rows {
  /** Rows in a block: enough to make the scratch memory and the hand-over cheap. */
  private static final int BLOCK = 64;

  private Rows() {}

  /** Work on rows from (inclusive) to (exclusive) with memory that is freed after the block. */
  @FunctionalInterface
  public interface BlockTask {
    void run(int from, int to, SegmentAllocator scratch);
  }

  public static void forEach(Compute compute, int rows, BlockTask task) {
    compute
        .workers()
        .forEachBlock(
            rows,
            BLOCK,
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                task.run(from, to, arena);
              }
            });
  }
}
