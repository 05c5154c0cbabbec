// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.model.InputSite;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/** What a step of a block adds to the hidden states: attention, or a feed-forward layer. */
public interface Sublayer {
  /**
   * Gets ready for chunks of whole sequences.
   *
   * @param rows of the largest chunk
   * @param length tokens of a sequence
   * @param arena owns the buffers
   */
  Pass prepare(int rows, int length, Arena arena);

  /**
   * Gets ready for the next tokens of one sequence. What looks at each row alone does not ask what
   * came before.
   *
   * @param rows how many tokens
   * @param cache what the block keeps of the sequence before
   * @param arena owns the buffers
   */
  default Pass prepareNext(int rows, BlockCache cache, Arena arena) {
    return prepare(rows, rows, arena);
  }

  /** What is done behind the inputs of the last layers; empty where these have several sites. */
  default Optional<Ending> ending() {
    return Optional.empty();
  }

  /**
   * The end of the step.
   *
   * @param site whose inputs it takes
   * @param projection adds what the site's layers make of them
   */
  record Ending(InputSite site, Projection projection) {}

  /** Adds the outputs of a step's last layers to the hidden states. */
  @FunctionalInterface
  interface Projection {
    /**
     * Adds them.
     *
     * @param inputs of the layers [tokens, dIn]
     * @param scratch [tokens, hidden]
     * @param x hidden states [tokens, hidden]
     */
    void add(Matrix inputs, Matrix scratch, Matrix x);
  }

  /** The step with its buffers. */
  @FunctionalInterface
  interface Pass {
    /**
     * Adds the step's output to the hidden states.
     *
     * @param normed the step's input [tokens, hidden]; may be overwritten
     * @param x hidden states [tokens, hidden]
     * @param beside what the states hold behind them, [tokens, columns], which may be none
     * @param inputs sees the inputs of the linear layers
     */
    void add(Matrix normed, Matrix x, Matrix beside, LinearInputs inputs);
  }
}
