// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.sublayer;

import dev.awp.model.InputSite;
import dev.awp.tensor.Matrix;

/** Sees what flows into the linear layers of a block. */
@FunctionalInterface
public interface LinearInputs {
  /** Sees nothing. */
  LinearInputs IGNORED =
      new LinearInputs() {
        @Override
        public void accept(InputSite site, Matrix inputs) {}

        @Override
        public boolean isIdle() {
          return true;
        }
      };

  /**
   * Inputs of all linear layers at that site.
   *
   * @param inputs [tokens, dIn]; valid during the call only
   */
  void accept(InputSite site, Matrix inputs);

  /**
   * Inputs of some tokens of a chunk only, those that are routed to the site's expert.
   *
   * @param inputs [tokens, dIn]; valid during the call only
   * @param tokens places in the chunk, one a row of the inputs, ascending
   */
  default void acceptSome(InputSite site, Matrix inputs, int[] tokens) {
    accept(site, inputs);
  }

  /**
   * Whether an expert's site is to see every token, and not only those that are routed to it. What
   * the block computes does not change.
   */
  default boolean seesEveryToken(InputSite site) {
    return false;
  }

  /** Whether it sees nothing. */
  default boolean isIdle() {
    return false;
  }

  /**
   * Whether nothing is wanted that lies behind a site: the step then stops there, and adds nothing
   * to the hidden states.
   */
  default boolean endsAt(InputSite site) {
    return false;
  }
}
