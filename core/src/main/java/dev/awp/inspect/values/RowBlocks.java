// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import dev.awp.compute.Compute;
import dev.awp.inspect.StoredWeight;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/**
 * Walks the rows of weights on all threads, some at a time. The rows are cut into parts that do not
 * depend on the number of threads, so sums over the parts, taken in their order, do not either.
 */
final class RowBlocks {
  /** At most so many accumulators, each of which may hold a sum a column. */
  private static final int PARTS = 32;

  /** Elements decoded at a time. */
  private static final int CHUNK = 1 << 16;

  private RowBlocks() {}

  /** Sees some decoded rows. */
  interface Part {
    /** The same rows of every weight, each [rows, columns]. */
    void accept(List<Matrix> rows);
  }

  /** One part for each range of rows, in order, after each has seen its rows. */
  static <T extends Part> List<T> walk(
      List<StoredWeight> weights, Compute compute, Supplier<T> makePart) {
    int rows = weights.getFirst().rows();
    int columns = weights.getFirst().columns();
    int block = Math.max(1, Math.ceilDiv(rows, PARTS));
    int chunk = Math.max(1, Math.min(block, CHUNK / Math.max(1, columns)));
    AtomicReferenceArray<T> parts = new AtomicReferenceArray<>(Math.ceilDiv(rows, block));
    compute
        .workers()
        .forEachBlock(
            rows,
            block,
            (from, to) -> {
              T part = makePart.get();
              try (Arena arena = Arena.ofConfined()) {
                List<Matrix> buffers =
                    weights.stream().map(w -> Matrix.allocate(arena, chunk, columns)).toList();
                for (int at = from; at < to; at += chunk) {
                  int first = at;
                  int count = Math.min(chunk, to - at);
                  List<Matrix> pieces = buffers.stream().map(b -> b.rowRange(0, count)).toList();
                  for (int i = 0; i < pieces.size(); i++) {
                    weights.get(i).decodeRows(first, pieces.get(i));
                  }
                  part.accept(pieces);
                }
              }
              parts.set(from / block, part);
            });
    List<T> all = new ArrayList<>();
    for (int i = 0; i < parts.length(); i++) {
      all.add(parts.get(i));
    }
    return all;
  }
}
