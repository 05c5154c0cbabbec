// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.attention;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.config.AttentionConfig;
import dev.awp.config.AttentionScores;
import dev.awp.kernel.NetworkKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Causal grouped-query attention: softmax(Q K^T / sqrt(d)) V, the scores capped where the model
 * does and joined by one that has no value where heads have such, head by head, in blocks of
 * queries so that scratch memory stays small for long sequences.
 *
 * @param sinks the score of each head that has no value, where heads have such
 */
public record Attention(AttentionConfig config, Compute compute, Optional<MemorySegment> sinks) {
  public static final int QUERY_BLOCK = 256;

  /**
   * Attends inside every sequence.
   *
   * @param q [sequences * length, heads * headDimension], rotated
   * @param k [sequences * length, keyValueHeads * headDimension], rotated
   * @param v [sequences * length, keyValueHeads * valueDimension]
   * @param out [sequences * length, heads * valueDimension]
   */
  void forward(Matrix q, Matrix k, Matrix v, Matrix out, int length) {
    int sequences = q.rows() / length;
    compute
        .workers()
        .forEachBlock(
            sequences * config.heads(),
            1,
            (from, to) -> {
              for (int task = from; task < to; task++) {
                int start = task / config.heads() * length;
                attendHead(
                    task % config.heads(),
                    0,
                    rowsOf(q, start, length),
                    rowsOf(k, start, length),
                    rowsOf(v, start, length),
                    rowsOf(out, start, length));
              }
            });
  }

  /**
   * Attends from the last tokens of one sequence to all of them.
   *
   * @param q [tokens, heads * headDimension], rotated
   * @param k [length, keyValueHeads * headDimension], rotated, those of the tokens last
   * @param v [length, keyValueHeads * valueDimension]
   * @param out [tokens, heads * valueDimension]
   */
  void last(Matrix q, Matrix k, Matrix v, Matrix out) {
    int past = k.rows() - q.rows();
    compute
        .workers()
        .forEachBlock(
            config.heads(),
            1,
            (from, to) -> {
              for (int head = from; head < to; head++) {
                attendHead(head, past, q, k, v, out);
              }
            });
  }

  private static Matrix rowsOf(Matrix x, int start, int length) {
    return x.rowRange(start, start + length);
  }

  /**
   * One head.
   *
   * @param past keys and values before the first query's own
   */
  private void attendHead(int head, int past, Matrix q, Matrix k, Matrix v, Matrix out) {
    int shared = head / (config.heads() / config.keyValueHeads());
    Matrix queries = headOf(q, head, config.headDimension());
    Matrix keys = headOf(k, shared, config.headDimension());
    Matrix values = headOf(v, shared, config.valueDimension());
    Matrix outputs = headOf(out, head, config.valueDimension());
    int length = q.rows();
    try (Arena arena = Arena.ofConfined()) {
      // One column more, for what the last query has beside its positions.
      Matrix scores = Matrix.allocate(arena, Math.min(QUERY_BLOCK, length), past + length + 1);
      for (int from = 0; from < length; from += QUERY_BLOCK) {
        int to = Math.min(length, from + QUERY_BLOCK);
        int first = firstVisible(past + from);
        int last = past + to;
        Matrix block = scores.rowRange(0, to - from).columnRange(0, last - first);
        Matrix seenKeys = keys.rowRange(first, last);
        compute
            .blas()
            .gemm(Op.NONE, Op.TRANSPOSE, 1, queries.rowRange(from, to), seenKeys, 0, block);
        for (int i = from; i < to; i++) {
          weigh(scores.row(i - from), head, past + i, first, last);
        }
        compute
            .blas()
            .gemm(
                Op.NONE,
                Op.NONE,
                1,
                block,
                values.rowRange(first, last),
                0,
                outputs.rowRange(from, to));
      }
    }
  }

  static Matrix headOf(Matrix x, int head, int d) {
    return x.columnRange(head * d, (head + 1) * d);
  }

  /** Softmax over the positions that query i sees; weight zero for the others of [first, to). */
  void weigh(MemorySegment row, int head, int i, int first, int to) {
    int visible = firstVisible(i);
    floats(row, 0, visible - first).fill((byte) 0);
    MemorySegment seen = floats(row, visible - first, i + 1 - visible);
    AttentionScores scores = config.scores();
    NetworkKernels network = compute.kernels().network();
    float factor = scores.factor();
    if (scores.softCap().isPresent()) {
      network.softCap(seen, factor, scores.softCap().get());
      factor = 1;
    }
    if (sinks.isPresent()) {
      // Behind the last position that is seen, where the next one or nothing is.
      float sink = sinks.get().getAtIndex(JAVA_FLOAT, head);
      row.setAtIndex(JAVA_FLOAT, (long) i + 1 - first, sink / factor);
      seen = floats(row, visible - first, i + 2 - visible);
    }
    network.softmax(seen, factor);
    floats(row, i + 1 - first, to - i - 1).fill((byte) 0);
  }

  int firstVisible(int i) {
    int ofChunk = config.chunk().isPresent() ? i - i % config.chunk().getAsInt() : 0;
    return config.window().isPresent()
        ? Math.max(ofChunk, i + 1 - config.window().getAsInt())
        : ofChunk;
  }

  private static MemorySegment floats(MemorySegment row, int start, int count) {
    return row.asSlice((long) start * Float.BYTES, (long) count * Float.BYTES);
  }
}
