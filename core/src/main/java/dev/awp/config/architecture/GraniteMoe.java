// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.ExpertStack;

/** Granite 3 MoE: Granite with experts in all blocks, all of a block in two tensors. */
final class GraniteMoe {
  /** Of experts that lie in two tensors. */
  static final ExpertNames EXPERTS =
      ExpertNames.stacked(
          "block_sparse_moe",
          "router.layer",
          new ExpertStack(
              "block_sparse_moe.input_linear.weight",
              "block_sparse_moe.output_linear.weight",
              false,
              false,
              ".bias",
              false));

  static final Architecture GRANITE_MOE =
      Architecture.named("GraniteMoeForCausalLM")
          .modelType("granitemoe")
          .reads(
              "attention_bias",
              "attention_multiplier",
              "embedding_multiplier",
              "residual_multiplier",
              "logits_scaling")
          .experts(ExpertRule.of(EXPERTS).build())
          .sizes(
              """
              {"vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"attention_multiplier": 1.0, "num_local_experts": 8, "num_experts_per_tok": 2}
              """)
          .llamaCpp("granitemoe")
          .build();

  private GraniteMoe() {}
}
