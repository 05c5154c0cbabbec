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
            compute.workers().partRows(rows),
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                task.run(from, to, arena);
              }
            });
  }
}
