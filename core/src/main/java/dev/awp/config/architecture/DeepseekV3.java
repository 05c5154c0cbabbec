// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.RoutingRule;
import dev.awp.rope.RotatedPairs;

/** DeepSeek-V3: latent attention; groups of experts by sigmoids, and a shared one. */
final class DeepseekV3 {
  static final Architecture DEEPSEEK_V3 =
      Architecture.named("DeepseekV3ForCausalLM")
          .modelType("deepseek_v3")
          .reads("attention_bias", "rope_interleave", "scoring_func")
          .latentAttention()
          .rotatedPairs(RotatedPairs.NEIGHBOURS)
          .experts(
              ExpertRule.of(
                      ExpertNames.apart("mlp", "gate_proj", "up_proj", "down_proj")
                          .sharing("shared_experts"))
                  .counted("num_local_experts", "n_routed_experts")
                  .width("moe_intermediate_size")
                  .sharingTimes("n_shared_experts")
                  .normalized("norm_topk_prob")
                  .routing(RoutingRule.SIGMOID_GROUPS)
                  .leadingDense("first_k_dense_replace")
                  .build())
          .sizes(
              """
              {"vocab_size": 129280, "hidden_size": 7168, "intermediate_size": 18432,
               "num_hidden_layers": 61, "num_attention_heads": 128}
              """)
          .defaults(
              """
              {"num_key_value_heads": 128, "max_position_embeddings": 4096, "q_lora_rank": 1536,
               "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
               "v_head_dim": 128, "n_routed_experts": 256, "n_shared_experts": 1,
               "moe_intermediate_size": 2048, "num_experts_per_tok": 8, "n_group": 8,
               "topk_group": 4, "norm_topk_prob": true, "routed_scaling_factor": 2.5,
               "first_k_dense_replace": 3}
              """)
          .llamaCpp("deepseek2")
          .build();

  private DeepseekV3() {}
}
