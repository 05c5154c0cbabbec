// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.ExpertStack;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.RecurrenceRule;

/**
 * Qwen 3.5's text model with experts in every block, all of a block in two tensors where the files
 * are as published, and a shared one.
 */
final class Qwen35Moe {
  static final Architecture QWEN3_5_MOE =
      Architecture.named("Qwen3_5MoeForCausalLM")
          .modelType("qwen3_5_moe_text")
          .reads("attention_bias", "partial_rotary_factor", "attn_output_gate")
          .norms(BlockNorms.BEFORE.withOffset(1))
          .queryKeyNorm(QueryKeyNorm.HEADS)
          .outputGate()
          .recurrence(new RecurrenceRule.GatedDelta("linear_attn", false))
          .experts(
              ExpertRule.of(
                      ExpertNames.stacked(
                          "mlp",
                          "gate",
                          new ExpertStack(
                              "mlp.experts.gate_up_proj",
                              "mlp.experts.down_proj",
                              false,
                              false,
                              "_bias",
                              true)))
                  .counted("num_local_experts", "num_experts")
                  .width("moe_intermediate_size")
                  .denseWidth("moe_intermediate_size")
                  .sharing("shared_expert_intermediate_size")
                  .build())
          .sizes(
              """
              {"vocab_size": 248320, "hidden_size": 2048, "num_hidden_layers": 40,
               "num_attention_heads": 16}
              """)
          .defaults(
              """
              {"num_key_value_heads": 2, "head_dim": 256, "max_position_embeddings": 32768,
               "partial_rotary_factor": 0.25, "num_experts": 256, "num_experts_per_tok": 8,
               "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512,
               "linear_num_key_heads": 16, "linear_num_value_heads": 32,
               "linear_key_head_dim": 128, "linear_value_head_dim": 128,
               "linear_conv_kernel_dim": 4}
              """)
          .llamaCpp("qwen35moe")
          .build();

  private Qwen35Moe() {}
}
