// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.attention;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.blas.Blas;
import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.config.AttentionConfig;
import dev.awp.config.AttentionScores;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The derivatives of {@link Attention} by queries, keys and values. Weights P are computed again
 * from queries and keys, in blocks of queries. With O = P V, for derivatives dO by O: dV = P^T dO,
 * dS = P * (dO V^T - rows' sums of dO * O) times the slope of the scores, dQ = dS K, dK = dS^T Q.
 */
public record AttentionGradient(Attention attention) {
  /**
   * What attention saw and made, or derivatives by it.
   *
   * @param q [sequences * length, heads * headDimension]
   * @param k [sequences * length, keyValueHeads * headDimension]
   * @param v [sequences * length, keyValueHeads * valueDimension]
   */
  public record Rows(Matrix q, Matrix k, Matrix v) {
    private Rows range(int from, int to) {
      return new Rows(q.rowRange(from, to), k.rowRange(from, to), v.rowRange(from, to));
    }
  }

  /** Floats of the buffers. */
  public static long floats(int length, int threads) {
    return 3L * threads * Math.min(Attention.QUERY_BLOCK, length) * (length + 1);
  }

  /**
   * The derivatives inside every sequence.
   *
   * @param seen queries and keys rotated
   * @param outputs of attention [sequences * length, heads * valueDimension]
   * @param byOutputs derivatives by them
   * @param by receives the derivatives
   * @param length tokens of a sequence
   */
  public void backward(Rows seen, Matrix outputs, Matrix byOutputs, Rows by, int length) {
    int shared = config().keyValueHeads();
    compute()
        .workers()
        .forEachBlock(
            seen.q().rows() / length * shared,
            1,
            (from, to) -> {
              for (int task = from; task < to; task++) {
                int start = task / shared * length;
                int end = start + length;
                backward(
                    task % shared,
                    seen.range(start, end),
                    outputs.rowRange(start, end),
                    byOutputs.rowRange(start, end),
                    by.range(start, end));
              }
            });
  }

  private AttentionConfig config() {
    return attention.config();
  }

  private Compute compute() {
    return attention.compute();
  }

  /** The query heads of one head of keys and values, one after the other, in one sequence. */
  private void backward(int shared, Rows seen, Matrix outputs, Matrix byOutputs, Rows by) {
    int d = config().headDimension();
    int dv = config().valueDimension();
    int group = config().heads() / config().keyValueHeads();
    int length = seen.q().rows();
    Rows own =
        new Rows(
            seen.q(),
            Attention.headOf(seen.k(), shared, d),
            Attention.headOf(seen.v(), shared, dv));
    Rows byOwn =
        new Rows(by.q(), Attention.headOf(by.k(), shared, d), Attention.headOf(by.v(), shared, dv));
    byOwn.k().clear();
    byOwn.v().clear();
    try (Arena arena = Arena.ofConfined()) {
      int rows = Math.min(Attention.QUERY_BLOCK, length);
      Scratch scratch =
          new Scratch(
              Matrix.allocate(arena, rows, length + 1),
              Matrix.allocate(arena, rows, length),
              Matrix.allocate(arena, rows, length));
      for (int head = shared * group; head < (shared + 1) * group; head++) {
        Rows ofHead = new Rows(Attention.headOf(own.q(), head, d), own.k(), own.v());
        Rows byHead = new Rows(Attention.headOf(byOwn.q(), head, d), byOwn.k(), byOwn.v());
        Matrix out = Attention.headOf(outputs, head, dv);
        Matrix byOut = Attention.headOf(byOutputs, head, dv);
        for (int from = 0; from < length; from += rows) {
          int to = Math.min(length, from + rows);
          backward(head, from, to, ofHead, out, byOut, byHead, scratch);
        }
      }
    }
  }

  /** Room for a block of queries. */
  private record Scratch(Matrix weights, Matrix capped, Matrix byScores) {}

  private void backward(
      int head, int from, int to, Rows seen, Matrix out, Matrix byOut, Rows by, Scratch scratch) {
    Blas blas = compute().blas();
    int first = attention.firstVisible(from);
    Matrix weights = scratch.weights().rowRange(0, to - from).columnRange(0, to - first);
    Matrix capped = scratch.capped().rowRange(0, to - from).columnRange(0, to - first);
    Matrix byScores = scratch.byScores().rowRange(0, to - from).columnRange(0, to - first);
    Matrix queries = seen.q().rowRange(from, to);
    Matrix keys = seen.k().rowRange(first, to);
    Matrix byQueries = by.q().rowRange(from, to);
    Matrix byOutputs = byOut.rowRange(from, to);
    blas.gemm(Op.NONE, Op.TRANSPOSE, 1, queries, keys, 0, weights);
    AttentionScores scores = config().scores();
    for (int i = from; i < to; i++) {
      if (scores.softCap().isPresent()) {
        MemorySegment row = capped.row(i - from);
        row.copyFrom(weights.row(i - from));
        compute().kernels().network().softCap(row, scores.factor(), scores.softCap().get());
      }
      attention.weigh(scratch.weights().row(i - from), head, i, first, to);
    }
    blas.gemm(Op.TRANSPOSE, Op.NONE, 1, weights, byOutputs, 1, by.v().rowRange(first, to));
    blas.gemm(Op.NONE, Op.TRANSPOSE, 1, byOutputs, seen.v().rowRange(first, to), 0, byScores);
    for (int i = 0; i < to - from; i++) {
      double mean = compute().kernels().arithmetic().dot(byOutputs.row(i), out.row(from + i));
      slope(weights.row(i), capped.row(i), (float) mean, byScores.row(i));
    }
    blas.gemm(Op.NONE, Op.NONE, 1, byScores, keys, 0, byQueries);
    blas.gemm(Op.TRANSPOSE, Op.NONE, 1, byScores, queries, 1, by.k().rowRange(first, to));
  }

  /** byScores = weights * (byScores - mean) * the slope of what the softmax is given. */
  private void slope(
      MemorySegment weights, MemorySegment capped, float mean, MemorySegment byScores) {
    AttentionScores scores = config().scores();
    float factor = scores.factor();
    float[] p = weights.toArray(JAVA_FLOAT);
    float[] s = byScores.toArray(JAVA_FLOAT);
    for (int i = 0; i < s.length; i++) {
      s[i] = p[i] * (s[i] - mean) * factor;
    }
    if (scores.softCap().isPresent()) {
      float cap = scores.softCap().get();
      float[] c = capped.toArray(JAVA_FLOAT);
      for (int i = 0; i < s.length; i++) {
        float share = c[i] / cap;
        s[i] *= 1 - share * share;
      }
    }
    MemorySegment.copy(s, 0, byScores, JAVA_FLOAT, 0, s.length);
  }
}
