// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** How config.json tells of the recurrences of an architecture. */
public sealed interface RecurrenceRule {
  /** Module of the recurrence in its block. */
  String module();

  /** Which blocks have it, and what they have beside it. */
  Place place();

  /** The keys of config.json that it depends on. */
  Set<String> keys();

  /** Where recurrences stand among the sublayers of blocks. */
  enum Place {
    /** In every block, beside attention. */
    BESIDE_ATTENTION,
    /** In the place of attention, in the blocks that "layer_types" says. */
    FOR_ATTENTION,
    /**
     * Alone: every block has one sublayer, a recurrence, attention, a feed-forward layer or
     * experts, as a list or a pattern says, which counts the blocks too.
     */
    ALONE
  }

  /**
   * Mamba-2.
   *
   * @param sizes how its keys are called
   * @param norm of what its heads give, where there is no key for it
   * @param switches keys of what some architectures leave open
   */
  record Mamba2(
      String module,
      Place place,
      Mamba2Keys sizes,
      GatedNorm norm,
      Optional<Mamba2Switches> switches)
      implements RecurrenceRule {
    /** Key of the least and largest step. */
    public static final String LIMIT_KEY = "time_step_limit";

    @Override
    public Set<String> keys() {
      Set<String> keys = new HashSet<>(sizes.all());
      keys.add(LIMIT_KEY);
      switches.ifPresent(own -> keys.addAll(own.all()));
      switch (place) {
        case BESIDE_ATTENTION -> {}
        case FOR_ATTENTION -> keys.add(BlockConfig.TYPES_KEY);
        case ALONE -> keys.addAll(List.of(SUBLAYERS_KEY, PATTERN_KEY));
      }
      return keys;
    }
  }

  /**
   * Gated delta nets, in all blocks but every so-many-th where "layer_types" is missing.
   *
   * @param interleaved whether what its heads take in lies head by head in two layers, and not part
   *     by part in four
   */
  record GatedDelta(String module, boolean interleaved) implements RecurrenceRule {
    public static final String KEY_HEADS = "linear_num_key_heads";
    public static final String VALUE_HEADS = "linear_num_value_heads";
    public static final String KEY_DIMENSION = "linear_key_head_dim";
    public static final String VALUE_DIMENSION = "linear_value_head_dim";
    public static final String KERNEL = "linear_conv_kernel_dim";

    /** Key of how many blocks there are from one with attention to the next. */
    public static final String INTERVAL = "full_attention_interval";

    @Override
    public Place place() {
      return Place.FOR_ATTENTION;
    }

    @Override
    public Set<String> keys() {
      return Set.of(
          KEY_HEADS,
          VALUE_HEADS,
          KEY_DIMENSION,
          VALUE_DIMENSION,
          KERNEL,
          INTERVAL,
          BlockConfig.TYPES_KEY);
    }
  }

  /** Key of the list of the blocks' sublayers, where each has one. */
  String SUBLAYERS_KEY = "layers_block_type";

  /** Key of the same as a word, a letter a block, in older files. */
  String PATTERN_KEY = "hybrid_override_pattern";

  /**
   * Keys of what some architectures with Mamba-2 leave open.
   *
   * @param width columns of all heads together, before the multiple of the hidden size
   * @param normed whether what the heads give is normed
   * @param normFirst whether it is before it is multiplied by its gate
   * @param outputBias whether the output projection has a bias
   * @param multipliers of gates, x, B, C and dt behind the input projection
   */
  record Mamba2Switches(
      String width, String normed, String normFirst, String outputBias, String multipliers) {
    /** All of them. */
    public List<String> all() {
      return List.of(width, normed, normFirst, outputBias, multipliers);
    }
  }

  /**
   * Keys of the sizes of Mamba-2.
   *
   * @param expand of how many times the hidden size all heads together have, where their number and
   *     length do not say it
   */
  record Mamba2Keys(
      String heads,
      String headDimension,
      String groups,
      String stateSize,
      String kernel,
      Optional<String> expand,
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
            Optional.of("mamba_expand"),
            "mamba_conv_bias",
            "mamba_proj_bias");

    /** All of them. */
    public List<String> all() {
      List<String> all =
          new ArrayList<>(
              List.of(
                  heads,
                  headDimension,
                  groups,
                  stateSize,
                  kernel,
                  convolutionBias,
                  projectionBias));
      expand.ifPresent(all::add);
      return all;
    }
  }
}
