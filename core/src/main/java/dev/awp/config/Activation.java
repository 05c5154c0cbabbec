// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/** What a feed-forward layer does to its gate, or to itself where it has none. */
public enum Activation {
  /** x / (1 + exp(-x)). */
  SILU,
  /** GELU in its approximation by tanh. */
  GELU_TANH,
  /** max(0, x)^2. */
  SQUARED_RELU
}
