// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.RoutingRule;
import dev.awp.rope.RotatedPairs;

/** DeepSeek-V2: latent attention; groups of experts, and a shared one. */
final class DeepseekV2 {
  static final Architecture DEEPSEEK_V2 =
      Architecture.named("DeepseekV2ForCausalLM")
          .modelType("deepseek_v2")
          .reads("attention_bias", "mlp_bias")
          .doesNothingWith("norm_topk_prob")
          .latentAttention()
          .rotatedPairs(RotatedPairs.NEIGHBOURS)
          .experts(
              ExpertRule.of(
                      ExpertNames.apart("mlp", "gate_proj", "up_proj", "down_proj")
                          .sharing("shared_experts"))
                  .counted("num_experts", "n_routed_experts")
                  .width("moe_intermediate_size")
                  .sharingTimes("n_shared_experts")
                  .routing(RoutingRule.SOFTMAX_GROUPS)
                  .leadingDense("first_k_dense_replace")
                  .build())
          .sizes(
              """
              {"vocab_size": 102400, "hidden_size": 4096, "intermediate_size": 11008,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
               "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 64,
               "n_shared_experts": 2, "moe_intermediate_size": 1407}
              """)
          .llamaCpp("deepseek2")
          .build();

  private DeepseekV2() {}
}
