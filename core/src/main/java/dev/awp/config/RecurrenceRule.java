// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** How config.json tells of the recurrences of an architecture. */
public sealed interface RecurrenceRule {
  /** Module of the recurrence in its block. */
  String module();

  /** Whether every block has attention beside it; otherwise "layer_types" says which has what. */
  boolean besideAttention();

  /** The keys of config.json that it depends on. */
  Set<String> keys();

  /**
   * Mamba-2.
   *
   * @param sizes how its keys are called
   * @param norm of what its heads give, where there is no key for it
   */
  record Mamba2(String module, boolean besideAttention, Mamba2Keys sizes, GatedNorm norm)
      implements RecurrenceRule {
    /** Key of the least and largest step. */
    public static final String LIMIT_KEY = "time_step_limit";

    @Override
    public Set<String> keys() {
      Set<String> keys = new HashSet<>(sizes.all());
      keys.add(LIMIT_KEY);
      if (!besideAttention) {
        keys.add(LAYER_TYPES_KEY);
      }
      return keys;
    }
  }

  /** Key of the list of the blocks' kinds. */
  String LAYER_TYPES_KEY = "layer_types";

  /**
   * Keys of the sizes of Mamba-2.
   *
   * @param expand of how many times the hidden size all heads together have
   */
  record Mamba2Keys(
      String heads,
      String headDimension,
      String groups,
      String stateSize,
      String kernel,
      String expand,
      String convolutionBias,
      String projectionBias) {
    /** Those of Bamba, Granite and Falcon. */
    public static final Mamba2Keys USUAL =
        new Mamba2Keys(
            "mamba_n_heads",
            "mamba_d_head",
            "mamba_n_groups",
            "mamba_d_state",
            "mamba_d_conv",
            "mamba_expand",
            "mamba_conv_bias",
            "mamba_proj_bias");

    /** All of them. */
    public List<String> all() {
      return List.of(
          heads, headDimension, groups, stateSize, kernel, expand, convolutionBias, projectionBias);
    }
  }
}
