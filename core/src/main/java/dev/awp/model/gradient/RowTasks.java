// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import dev.awp.compute.Compute;
import java.util.function.IntConsumer;

/** Rows shared out to the workers: each row is one worker's, so threads change no byte. */
final class RowTasks {
  private static final int BLOCK = 64;

  private RowTasks() {}

  static void forRows(Compute compute, int rows, IntConsumer task) {
    compute
        .workers()
        .forEachBlock(
            rows,
            BLOCK,
            (from, to) -> {
              for (int r = from; r < to; r++) {
                task.accept(r);
              }
            });
  }
}
