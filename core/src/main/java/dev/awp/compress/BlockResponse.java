// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.calibration.ActivationStore;
import dev.awp.kernel.Compute;
import dev.awp.model.LinearInputs;
import dev.awp.model.LinearLayer;
import dev.awp.model.TransformerModel;
import dev.awp.solver.Objective;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * How a block's output answers to other weights in one of its layers: the unit in which errors of
 * different layers can be added, for all of them end in the residual stream.
 */
final class BlockResponse implements AutoCloseable {
  /** Tokens that run through the block, or one window where that is longer. */
  private static final int TOKENS = 512;

  private final TransformerModel model;
  private final int index;
  private final int length;
  private final Compute compute;
  private final Arena arena;
  private final Matrix inputs;
  private final Matrix outputs;

  /**
   * Runs the first windows through a block.
   *
   * @param activations on their way into the block; they are left alone
   */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), or below
  BlockResponse(TransformerModel model, int index, ActivationStore activations, Compute compute) {
    this.model = model;
    this.index = index;
    this.length = activations.length();
    this.compute = compute;
    this.arena = Arena.ofShared();
    try {
      Matrix states = activations.states();
      int rows = Math.min(states.rows(), Math.max(1, TOKENS / length) * length);
      this.inputs = Matrix.allocate(arena, rows, states.columns());
      inputs.copyFrom(states.rowRange(0, rows));
      this.outputs = Matrix.allocate(arena, rows, states.columns());
      forward(model, outputs);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private void forward(TransformerModel with, Matrix out) {
    out.copyFrom(inputs);
    try (Arena own = Arena.ofShared()) {
      with.block(index, own).forward(out, length, LinearInputs.IGNORED);
    }
  }

  /**
   * The squared change of the block's output in units of its own, the mean over tokens: the norms
   * behind it see every token in its own unit.
   *
   * @param weights in the place of the layer's own
   */
  double change(LinearLayer layer, Matrix weights) {
    try (Arena own = Arena.ofShared()) {
      Matrix changed = Matrix.allocate(own, outputs.rows(), outputs.columns());
      forward(model.with(layer, weights), changed);
      double sum = 0;
      for (int token = 0; token < outputs.rows(); token++) {
        var row = changed.row(token);
        compute.kernels().arithmetic().subtract(row, outputs.row(token), row);
        double whole = compute.kernels().arithmetic().dot(outputs.row(token), outputs.row(token));
        sum += Objective.relative(compute.kernels().arithmetic().dot(row, row), whole);
      }
      return sum / Math.max(1, outputs.rows());
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
