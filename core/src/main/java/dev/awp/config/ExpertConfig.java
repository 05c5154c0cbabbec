// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * The mixture of experts that takes the place of the feed-forward layer, or lies beside it: that is
 * the expert that sees every token then.
 *
 * @param count experts of a block
 * @param perToken experts that a token is sent to
 * @param width intermediate size of an expert
 * @param sharedWidth intermediate size of the expert that sees every token, where there is one
 * @param bias whether experts and the router have biases
 * @param clamped how the gate is computed, where it is not by the activation
 * @param sharedGated whether what that expert makes is multiplied by a sigmoid of the token
 * @param routing how experts are chosen
 */
public record ExpertConfig(
    int count,
    int perToken,
    int width,
    OptionalInt sharedWidth,
    boolean bias,
    Optional<ClampedGate> clamped,
    boolean sharedGated,
    Routing routing) {
  /** The same with another number of experts. */
  public ExpertConfig withCount(int others) {
    return new ExpertConfig(
        others, perToken, width, sharedWidth, bias, clamped, sharedGated, routing);
  }
}
