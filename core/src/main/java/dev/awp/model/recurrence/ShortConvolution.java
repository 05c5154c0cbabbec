// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.recurrence;

import dev.awp.compute.Compute;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * A causal convolution of every channel by itself: silu(bias + sum over k of weight[k] * in[t - K +
 * 1 + k]), zeros before a sequence begins.
 *
 * @param weights [K, channels], those of the newest token last
 * @param bias of the channels, where there is one
 * @param ones as many as there are channels
 */
public record ShortConvolution(
    Matrix weights, Optional<MemorySegment> bias, MemorySegment ones, Compute compute) {
  /** Rows of one task. */
  private static final int ROW_BLOCK = 64;

  /**
   * Convolves sequences of equal length, one behind the other, each whole.
   *
   * @param in [sequences * length, channels]
   * @param out of its shape, apart from it
   */
  public void whole(Matrix in, Matrix out, int length) {
    forEachRow(
        in.rows(),
        row -> {
          start(out.row(row));
          int kernel = weights.rows();
          int first = row - row % length;
          for (int k = Math.max(0, first - (row - kernel + 1)); k < kernel; k++) {
            add(in.row(row - kernel + 1 + k), k, out.row(row));
          }
          finish(out.row(row));
        });
  }

  /** Convolves the next tokens of one sequence, and keeps the last of them in its state. */
  public void next(Matrix in, Matrix out, RecurrentState state) {
    int kernel = weights.rows();
    Matrix before = state.latest();
    forEachRow(
        in.rows(),
        row -> {
          start(out.row(row));
          for (int k = 0; k < kernel; k++) {
            int source = row - kernel + 1 + k;
            add(source < 0 ? before.row(before.rows() + source) : in.row(source), k, out.row(row));
          }
          finish(out.row(row));
        });
    int kept = before.rows();
    for (int i = 0; i < kept; i++) {
      int source = in.rows() - kept + i;
      before.row(i).copyFrom(source < 0 ? before.row(kept + source) : in.row(source));
    }
  }

  private void start(MemorySegment out) {
    if (bias.isPresent()) {
      out.copyFrom(bias.get());
    } else {
      out.fill((byte) 0);
    }
  }

  private void add(MemorySegment in, int k, MemorySegment out) {
    ArithmeticKernels arithmetic = compute.kernels().arithmetic();
    arithmetic.addProduct(in, weights.row(k), out);
  }

  private void finish(MemorySegment out) {
    compute.kernels().network().swiGlu(out, ones, out);
  }

  private void forEachRow(int rows, IntConsumer task) {
    compute.workers().forEachIndex(rows, ROW_BLOCK, task);
  }
}
