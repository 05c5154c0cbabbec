// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import dev.awp.model.InputSite;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;
import java.util.Optional;

/** A piece of the model that hidden states flow through, with its weights at hand. */
@FunctionalInterface
public interface Stage {
  /**
   * Runs whole sequences through the piece.
   *
   * @param x states [sequences * length, columns as {@link dev.awp.model.StateColumns} says], the
   *     hidden ones replaced by the piece's output
   * @param length tokens of a sequence
   * @param inputs sees the inputs of the linear layers, chunk by chunk
   */
  void forward(Matrix x, int length, LinearInputs inputs);

  /**
   * What the piece does behind the inputs of its last layers, for whoever has kept these; empty
   * where more than one site feeds what it adds.
   */
  default Optional<End> end() {
    return Optional.empty();
  }

  /** The end of a piece: x = x + g(a), a what {@link #forward} shows of the last site. */
  interface End {
    /** The site whose inputs it takes. */
    InputSite site();

    /**
     * Runs whole sequences through the end, to the same bytes as through the whole piece.
     *
     * @param kept inputs of the site [sequences * length, dIn]
     * @param x hidden states before the piece, replaced by its output
     * @param length tokens of a sequence
     */
    void forward(Matrix kept, Matrix x, int length);
  }
}
