// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;

/** A piece of the model that hidden states flow through, with its weights at hand. */
@FunctionalInterface
public interface Stage {
  /**
   * Runs whole sequences through the piece.
   *
   * @param x hidden states [sequences * length, hidden], replaced by the piece's output
   * @param length tokens of a sequence
   * @param inputs sees the inputs of the linear layers, chunk by chunk
   */
  void forward(Matrix x, int length, LinearInputs inputs);
}
