// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.config.Activation;
import dev.awp.config.ClampedGate;
import dev.awp.config.MlpConfig;
import dev.awp.kernel.NetworkKernels;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * act(gate) * up in the place of the gate, or act(x) in the place of x where there is no gate: the
 * same with an up of ones.
 *
 * @param width columns of gate and up
 * @param clamped what is computed instead, where it is
 * @param ones a row of them, where there is no gate
 */
record Gating(
    Activation activation,
    int width,
    Optional<ClampedGate> clamped,
    Optional<MemorySegment> ones,
    RowOperations rows) {
  /**
   * That of a layer.
   *
   * @param width intermediate size of the layer, which may be an expert
   * @param arena owns the row of ones
   */
  static Gating of(
      MlpConfig config, int width, Optional<ClampedGate> clamped, RowOperations rows, Arena arena) {
    Optional<MemorySegment> ones =
        config.gated() ? Optional.empty() : Optional.of(RowOperations.ones(width, arena));
    return new Gating(config.activation(), width, clamped, ones, rows);
  }

  /** Floats that it holds. */
  static long floats(MlpConfig config) {
    return config.gated() ? 0 : config.width();
  }

  /** Buffers for what the gates are multiplied with, where there are gates. */
  Optional<Matrix> ups(int most, Arena arena) {
    return ones.isPresent() ? Optional.empty() : Optional.of(Matrix.allocate(arena, most, width));
  }

  /**
   * Does it to all rows.
   *
   * @param up there where there is a gate
   */
  void apply(Matrix gate, Optional<Matrix> up) {
    rows.forRows(
        gate.rows(),
        r -> apply(gate.row(r), up.map(own -> own.row(r)).or(() -> ones).orElseThrow()));
  }

  private void apply(MemorySegment gate, MemorySegment up) {
    NetworkKernels network = rows.network();
    if (clamped.isPresent()) {
      network.clampedSwiGlu(gate, up, clamped.get().alpha(), clamped.get().limit(), gate);
      return;
    }
    switch (activation) {
      case SILU -> network.swiGlu(gate, up, gate);
      case GELU_TANH -> network.geGlu(gate, up, gate);
      case SQUARED_RELU -> network.squaredReGlu(gate, up, gate);
    }
  }
}
