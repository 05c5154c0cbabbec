// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.ExpertRule;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.RecurrenceRule;

/**
 * Qwen3-Next: gated delta nets in three of four blocks, attention with output gates in the fourth;
 * a part of each head rotated; experts and a shared one; norms whose stored weights are one too
 * small.
 */
final class Qwen3Next {
  static final Architecture QWEN3_NEXT =
      Architecture.named("Qwen3NextForCausalLM")
          .modelType("qwen3_next")
          .reads("attention_bias", "partial_rotary_factor")
          .norms(BlockNorms.BEFORE.withOffset(1))
          .queryKeyNorm(QueryKeyNorm.HEADS)
          .outputGate()
          .recurrence(new RecurrenceRule.GatedDelta("linear_attn", true))
          .experts(ExpertRule.qwen().sharing("shared_expert_intermediate_size").build())
          .sizes(
              """
              {"vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 5632,
               "num_hidden_layers": 48, "num_attention_heads": 16}
              """)
          .defaults(
              """
              {"num_key_value_heads": 2, "head_dim": 256, "max_position_embeddings": 32768,
               "partial_rotary_factor": 0.25, "norm_topk_prob": true, "num_experts": 512,
               "num_experts_per_tok": 10, "moe_intermediate_size": 512,
               "shared_expert_intermediate_size": 512, "decoder_sparse_step": 1,
               "linear_num_key_heads": 16, "linear_num_value_heads": 32,
               "linear_key_head_dim": 128, "linear_value_head_dim": 128,
               "linear_conv_kernel_dim": 4}
              """)
          .llamaCpp("qwen3next")
          .build();

  private Qwen3Next() {}
}
