// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.Set;

/** How config.json tells of the routing of an architecture's experts. */
public enum RoutingRule {
  /** Softmax over all experts. */
  SOFTMAX(Set.of()),
  /**
   * Softmax, whose shares are multiplied and never made to add up to one; groups where
   * "topk_method" says "group_limited_greedy": DeepSeek-V2's.
   */
  SOFTMAX_GROUPS(Set.of("topk_method", "n_group", "topk_group", "routed_scaling_factor")),
  /** Sigmoid, which multiplies the experts' inputs: LLaMA 4's. */
  SIGMOID_INPUTS(Set.of()),
  /** Sigmoid, with corrections for the choice, of groups: DeepSeek-V3's. */
  SIGMOID_GROUPS(Set.of("n_group", "topk_group", "routed_scaling_factor"));

  @SuppressWarnings("ImmutableEnumChecker") // made by Set.of
  private final Set<String> keys;

  RoutingRule(Set<String> keys) {
    this.keys = keys;
  }

  /** The keys of config.json that it depends on. */
  public Set<String> keys() {
    return keys;
  }
}
