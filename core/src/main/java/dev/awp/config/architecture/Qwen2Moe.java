// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.ExpertRule;
import dev.awp.config.WindowRule;

/** Qwen2-MoE: experts and a shared one; blocks without experts. */
final class Qwen2Moe {
  static final Architecture QWEN2_MOE =
      Architecture.named("Qwen2MoeForCausalLM")
          .modelType("qwen2_moe")
          .reads("qkv_bias")
          .windows(new WindowRule.Flagged(new WindowRule.Listed(new WindowRule.Unlisted())))
          .experts(ExpertRule.qwen().sharing("shared_expert_intermediate_size").build())
          .sizes(
              """
              {"vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 5632,
               "num_hidden_layers": 24, "num_attention_heads": 16}
              """)
          .defaults(
              """
              {"num_key_value_heads": 16, "max_position_embeddings": 32768, "sliding_window": 4096,
               "qkv_bias": true, "num_experts": 60, "num_experts_per_tok": 4,
               "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632,
               "decoder_sparse_step": 1}
              """)
          .llamaCpp("qwen2moe")
          .build();

  private Qwen2Moe() {}
}
