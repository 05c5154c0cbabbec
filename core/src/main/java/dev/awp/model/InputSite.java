// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

/** The four places of a decoder block whose values feed linear layers. */
public enum InputSite {
  /** Normed block input: feeds q_proj, k_proj and v_proj. */
  ATTENTION_INPUT,
  /** Concatenated heads: feeds o_proj. */
  ATTENTION_OUTPUT,
  /** Normed attention output: feeds gate_proj and up_proj. */
  MLP_INPUT,
  /** Gated activations: feeds down_proj. */
  MLP_OUTPUT
}
