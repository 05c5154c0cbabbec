// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import dev.awp.AwpException;
import dev.awp.blas.Blas.Op;
import dev.awp.compute.Compute;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import java.lang.foreign.Arena;

/**
 * A moment E[(a - a~) x~^T], where tokens have weights sum_i w_i (a_i - a~_i) x~_i^T / sum_i w_i,
 * of a layer's inputs x~: a is what the original model delivers, a~ what the compressed layers
 * deliver for the same token. With a = x, the inputs themselves, it is the drift moment D, [dIn,
 * dIn]; with the hidden states that the layer's outputs are added to, R, [dOut, dIn].
 *
 * <p>Summed in float32, for it is as large as C and enters the target only as a correction: the
 * rounding of its sum, some 1e-6 of its entries, is far below the noise of the sample.
 */
public final class CrossMoment implements AutoCloseable {
  /** Tokens that are weighed at a time. */
  private static final int CHUNK = 256;

  private final Compute compute;
  private final Arena arena;
  private final Matrix sum;
  private long seen;
  private long tokens;
  private double weight;

  /**
   * An empty sum.
   *
   * @param rows of a
   * @param columns of x~
   */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  public CrossMoment(int rows, int columns, Compute compute) {
    this.compute = compute;
    this.arena = Arena.ofShared();
    try {
      this.sum = Matrix.allocate(arena, rows, columns);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** Off-heap memory of a sum, in bytes. */
  public static long bytes(int rows, int columns) {
    return (long) rows * columns * Float.BYTES;
  }

  /** Off-heap memory of {@link #add}, in bytes. */
  public static long addBytes(int rows, boolean weighted) {
    return weighted ? (long) CHUNK * rows * Float.BYTES : 0;
  }

  /** dIn. */
  public int columns() {
    return sum.columns();
  }

  /** Columns of what they are multiplied with. */
  int rows() {
    return sum.rows();
  }

  /** How many tokens were added, those of weight 0 aside. */
  public long tokens() {
    return tokens;
  }

  /**
   * Adds tokens.
   *
   * @param drift a - a~, one row a token
   * @param inputs x~, [tokens, dIn]
   */
  public void add(Matrix drift, Matrix inputs) {
    add(drift, inputs, TokenWeights.ones(inputs.rows()));
  }

  /**
   * Adds tokens that do not count alike.
   *
   * @param drift a - a~, one row a token
   * @param inputs x~, [tokens, dIn]
   * @param weights one a token
   */
  public void add(Matrix drift, Matrix inputs, TokenWeights weights) {
    add(drift, ChunkInputs.plain(inputs, compute), weights);
  }

  /** The same, with inputs that may have been made ready. */
  void add(Matrix drift, ChunkInputs chunk, TokenWeights weights) {
    Matrix inputs = chunk.rows();
    if (weights.size() != inputs.rows()) {
      throw new IllegalArgumentException(weights.size() + " weights for inputs " + inputs);
    }
    if (chunk.isPrepared()) {
      addPrepared(drift, chunk, weights);
    } else if (weights.areOnes()) {
      multiply(drift, inputs);
    } else {
      for (int from = 0; from < inputs.rows(); from += CHUNK) {
        int to = Math.min(inputs.rows(), from + CHUNK);
        addWeighed(drift.rowRange(from, to), inputs.rowRange(from, to), weights.range(from, to));
      }
    }
    seen += inputs.rows();
    tokens += weights.counted();
    weight += weights.sum();
  }

  private void addPrepared(Matrix drift, ChunkInputs chunk, TokenWeights weights) {
    compute
        .workers()
        .forEachBlock(
            sum.rows(),
            ChunkInputs.ROWS,
            (from, to) ->
                chunk.multiply(drift.columnRange(from, to), weights, true, sum.rowRange(from, to)));
  }

  private void addWeighed(Matrix drift, Matrix inputs, TokenWeights weights) {
    if (weights.counted() > 0) {
      try (Arena scratch = Arena.ofShared()) {
        multiply(SecondMoment.weigh(drift, weights, compute, scratch), inputs);
      }
    }
  }

  private void multiply(Matrix drift, Matrix inputs) {
    compute.parallelBlas().gemm(Op.TRANSPOSE, Op.NONE, 1, drift, inputs, 1, sum);
  }

  /**
   * The mean, until this is closed. Nothing can be added after.
   *
   * @param what the site, for the message when an activation was not finite
   */
  public Matrix finish(String what) {
    SecondMoment.checkCounted(what, seen, tokens);
    float share = (float) (1.0 / weight);
    for (int row = 0; row < sum.rows(); row++) {
      compute.kernels().arithmetic().scale(sum.row(row), share, sum.row(row));
      long bad = compute.kernels().arithmetic().firstNonFinite(sum.row(row));
      if (bad >= 0) {
        throw new AwpException(
            "%s: the drift of channel %s with input channel %s is %s, activations must be finite"
                .formatted(what, row, bad, sum.get(row, (int) bad)));
      }
    }
    return sum;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
