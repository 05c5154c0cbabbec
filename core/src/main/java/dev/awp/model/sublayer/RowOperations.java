// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.compute.Compute;
import dev.awp.config.ModelConfig;
import dev.awp.config.NormKind;
import dev.awp.kernel.NetworkKernels;
import dev.awp.model.sublayer.BlockWeights.Linear;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * What the steps of a block do to all rows of a matrix, on all workers.
 *
 * @param norm what norms do to a row
 * @param epsilon of norms
 * @param added what is multiplied with the outputs of a step that are added to hidden states
 */
public record RowOperations(Compute compute, NormKind norm, float epsilon, float added) {
  /** Rows of one task of the row-wise pieces. */
  private static final int ROW_BLOCK = 64;

  /** Those of a model. */
  public static RowOperations of(ModelConfig config, Compute compute) {
    return new RowOperations(
        compute,
        config.architecture().norms().kind(),
        config.normEpsilon(),
        config.multipliers().steps());
  }

  /** A row of ones. */
  public static MemorySegment ones(int columns, Arena arena) {
    Matrix ones = Matrix.allocate(arena, 1, columns);
    for (int c = 0; c < columns; c++) {
      ones.set(0, c, 1);
    }
    return ones.row(0);
  }

  /** The same where other outputs are added. */
  public RowOperations adding(float multiplier) {
    return new RowOperations(compute, norm, epsilon, multiplier);
  }

  /** Multiplies all rows, where that changes them. */
  public void scale(Matrix x, float factor) {
    if (factor != 1) {
      forRows(x.rows(), r -> compute.kernels().arithmetic().scale(x.row(r), factor, x.row(r)));
    }
  }

  /** The kernels of networks. */
  public NetworkKernels network() {
    return compute.kernels().network();
  }

  /** out = in W^T + bias. */
  void project(Matrix in, Linear linear, Matrix out) {
    linear.transposed().multiply(in, out);
    addBias(linear, out);
  }

  private void addBias(Linear linear, Matrix out) {
    if (linear.bias().isPresent()) {
      MemorySegment bias = linear.bias().get().row(0);
      forRows(out.rows(), r -> compute.kernels().arithmetic().add(out.row(r), bias, out.row(r)));
    }
  }

  /**
   * x += c (in W^T + bias), or x += c norm(in W^T + bias), c what added outputs are multiplied by.
   *
   * @param norm weights of a norm of the outputs
   * @param scratch of x's shape, for the outputs before they are normed
   */
  void addProjected(
      Matrix in, Linear linear, Optional<MemorySegment> norm, Matrix scratch, Matrix x) {
    if (norm.isEmpty() && added == 1) {
      linear.transposed().multiplyAdd(in, x);
      addBias(linear, x);
      return;
    }
    project(in, linear, scratch);
    forRows(
        x.rows(),
        r -> {
          MemorySegment row = scratch.row(r);
          norm.ifPresent(weight -> norm(row, weight, row));
          if (added != 1) {
            compute.kernels().arithmetic().scale(row, added, row);
          }
          compute.kernels().arithmetic().add(x.row(r), row, x.row(r));
        });
  }

  /** Norms all rows. */
  public void norm(Matrix x, MemorySegment weight, Matrix out) {
    forRows(x.rows(), r -> norm(x.row(r), weight, out.row(r)));
  }

  /** Norms one row. */
  public void norm(MemorySegment x, MemorySegment weight, MemorySegment out) {
    switch (norm) {
      case RMS -> network().rmsNorm(x, weight, epsilon, out);
      case LAYER -> network().layerNorm(x, weight, epsilon, out);
    }
  }

  /** Runs the task for each row; a row is one worker's, so threads change no byte. */
  public void forRows(int rows, IntConsumer task) {
    compute.workers().forEachIndex(rows, ROW_BLOCK, task);
  }
}
