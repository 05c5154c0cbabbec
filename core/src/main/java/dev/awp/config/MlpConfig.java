// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/**
 * A feed-forward layer.
 *
 * @param width intermediate size
 * @param activation of its gate, or of the layer itself where there is none
 * @param bias whether its projections have biases
 * @param gated whether it has a gate
 */
public record MlpConfig(int width, Activation activation, boolean bias, boolean gated) {
  /** The same of another width. */
  public MlpConfig withWidth(int other) {
    return new MlpConfig(other, activation, bias, gated);
  }
}
