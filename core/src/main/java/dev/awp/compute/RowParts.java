// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compute;

import dev.awp.blas.RightOperand;
import dev.awp.parallel.Pool;
import dev.awp.parallel.Workers.ScratchTask;
import java.lang.foreign.Arena;

/** How the rows of a layer are shared out: each worker takes a part through a whole step. */
public final class RowParts {
  private RowParts() {}

  /** Work on rows from (inclusive) to (exclusive), with memory that is freed after the part. */
  @FunctionalInterface
  public interface Task {
    void run(int from, int to, Arena arena);
  }

  /**
   * Shares the rows out to the workers, part by part.
   *
   * @param rows of a layer, all or a range
   * @param ofLayer how many the layer has: decides the parts
   */
  public static void forEach(Compute compute, int rows, int ofLayer, Task task) {
    compute
        .workers()
        .forEachBlock(
            rows,
            compute.workers().partRows(ofLayer),
            (from, to) -> {
              try (Arena arena = Arena.ofConfined()) {
                task.run(from, to, arena);
              }
            });
  }

  /**
   * Shares the rows out in parts that are no larger than the operand's products need, so that what
   * belongs to a part stays in cache from one product to the next.
   *
   * @param rows of a layer, all or a range
   * @param ofLayer how many the layer has: decides the parts
   */
  public static <T> void forEach(
      Compute compute,
      int rows,
      int ofLayer,
      RightOperand operand,
      Pool<T> pool,
      ScratchTask<T> task) {
    compute.workers().forEachBlock(rows, partRows(compute, rows, ofLayer, operand), pool, task);
  }

  /** The most rows of such a part. */
  public static int partRows(Compute compute, int rows, int ofLayer, RightOperand operand) {
    int part = Math.min(compute.workers().partRows(ofLayer), operand.rowsAtOnce());
    return Math.max(1, Math.min(rows, part));
  }
}
