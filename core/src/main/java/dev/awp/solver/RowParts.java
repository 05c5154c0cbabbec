// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import dev.awp.kernel.Compute;
import java.lang.foreign.Arena;

/** How the rows of a layer are shared out: each worker takes a part through a whole step. */
public final class RowParts {
  private RowParts() {}

  /** Work on rows from (inclusive) to (exclusive), with memory that is freed after the part. */
  @FunctionalInterface
  public interface Task {
    void run(int from, int to, Arena arena);
  }

  /** Shares the rows out to the workers, part by part. */
  public static void forEach(Compute compute, int rows, Task task) {
    compute
        .workers()
        .forEachBlock(
            rows,
            size(rows),
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                task.run(from, to, arena);
              }
            });
  }

  /**
   * Rows of one part: equal parts, a multiple of eight of them, of at most 1,024 rows. By the shape
   * alone, so that results do not depend on the number of threads; a product of 512 rows runs at 93
   * % of the rate of 4,096 (docs/decisions/0004-openblas.md).
   */
  private static int size(int rows) {
    int parts = Math.ceilDiv(Math.ceilDiv(rows, 1024), 8) * 8;
    return Math.max(64, Math.ceilDiv(Math.ceilDiv(rows, parts), 16) * 16);
  }
}
