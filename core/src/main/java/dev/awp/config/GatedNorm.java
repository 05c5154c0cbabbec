// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

/** How what a recurrence gives is normed and multiplied by silu(gate). */
public enum GatedNorm {
  /** Multiplied, and not normed. */
  NONE,
  /** Multiplied, then normed. */
  GATE_FIRST,
  /** Normed, then multiplied. */
  NORM_FIRST
}
