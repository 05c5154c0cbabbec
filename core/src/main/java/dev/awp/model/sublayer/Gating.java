// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.config.Activation;
import dev.awp.tensor.Matrix;

/** act(gate) * up, in the place of the gate. */
record Gating(Activation activation, RowOperations rows) {
  void apply(Matrix gate, Matrix up) {
    switch (activation) {
      case SILU ->
          rows.forRows(
              gate.rows(), r -> rows.network().swiGlu(gate.row(r), up.row(r), gate.row(r)));
      case GELU_TANH ->
          rows.forRows(gate.rows(), r -> rows.network().geGlu(gate.row(r), up.row(r), gate.row(r)));
    }
  }
}
