// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.List;

/** How the projections that share an input lie on disk. */
public enum Projections {
  /** Each in a tensor of its own. */
  SEPARATE(List.of("q_proj", "k_proj", "v_proj"), List.of("gate_proj", "up_proj")),

  /** Rows behind rows in one tensor: queries, keys, values; gate, up. */
  FUSED(List.of("qkv_proj"), List.of("gate_up_proj")),

  /** Gate and up in one tensor, queries, keys and values each in its own. */
  FUSED_GATE(List.of("q_proj", "k_proj", "v_proj"), List.of("gate_up_proj")),

  /** As before, the feed-forward layer's under other names. */
  FUSED_INPUT(List.of("q_proj", "k_proj", "v_proj"), List.of("input_linear"), "output_linear");

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> attention;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> gated;

  private final String down;

  Projections(List<String> attention, List<String> gated) {
    this(attention, gated, "down_proj");
  }

  Projections(List<String> attention, List<String> gated, String down) {
    this.attention = attention;
    this.gated = gated;
    this.down = down;
  }

  /** Modules of attention that make queries, keys and values, in this order. */
  public List<String> attention() {
    return attention;
  }

  /** Modules of a feed-forward layer that make gate and up, in this order. */
  public List<String> gated() {
    return gated;
  }

  /**
   * Modules of a feed-forward layer that see its input.
   *
   * @param gate whether there is a gate among them
   */
  public List<String> inner(boolean gate) {
    return gate ? gated : List.of(gated.getLast());
  }

  /** Module of a feed-forward layer behind its gate. */
  public String down() {
    return down;
  }
}
