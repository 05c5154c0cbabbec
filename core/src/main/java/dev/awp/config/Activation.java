// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/** What a gated feed-forward layer does to its gate. */
public enum Activation {
  /** x / (1 + exp(-x)). */
  SILU,
  /** GELU in its approximation by tanh. */
  GELU_TANH
}
