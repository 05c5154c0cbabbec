// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.config.Activation;
import dev.awp.config.ClampedGate;
import dev.awp.tensor.Matrix;
import java.util.Optional;

/**
 * act(gate) * up, in the place of the gate.
 *
 * @param clamped what is computed instead, where it is
 */
record Gating(Activation activation, Optional<ClampedGate> clamped, RowOperations rows) {
  /** By an activation. */
  Gating(Activation activation, RowOperations rows) {
    this(activation, Optional.empty(), rows);
  }

  void apply(Matrix gate, Matrix up) {
    if (clamped.isPresent()) {
      ClampedGate own = clamped.get();
      rows.forRows(
          gate.rows(),
          r ->
              rows.network()
                  .clampedSwiGlu(gate.row(r), up.row(r), own.alpha(), own.limit(), gate.row(r)));
      return;
    }
    switch (activation) {
      case SILU ->
          rows.forRows(
              gate.rows(), r -> rows.network().swiGlu(gate.row(r), up.row(r), gate.row(r)));
      case GELU_TANH ->
          rows.forRows(gate.rows(), r -> rows.network().geGlu(gate.row(r), up.row(r), gate.row(r)));
    }
  }
}
