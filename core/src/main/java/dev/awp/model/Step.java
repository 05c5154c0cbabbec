// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import java.util.List;

/** What the hidden states go through one after the other: a block is two steps. */
public enum Step {
  /** x + attention(norm(x)). */
  ATTENTION,
  /** x + mlp(norm(x)), or a mixture of experts in the MLP's place. */
  MLP,
  /** The norm behind the last block, whose output feeds the head. */
  HEAD;

  /** The steps of a block. */
  public static final List<Step> OF_BLOCK = List.of(ATTENTION, MLP);
}
