// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockConfig;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.ExpertStack;
import dev.awp.config.PositionRule;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.RoutingRule;
import dev.awp.rope.RotatedPairs;

/**
 * LLaMA 4's text model: attention inside of chunks, but in every fourth block, which knows no
 * positions and whose queries grow; experts whose inputs are multiplied, and a shared one.
 */
final class Llama4 {
  static final Architecture LLAMA4 =
      Architecture.named("Llama4ForCausalLM")
          .modelType("llama4_text")
          .reads(
              "attention_bias",
              "attention_chunk_size",
              BlockConfig.TYPES_KEY,
              "attn_temperature_tuning",
              "attn_scale",
              "floor_scale")
          .queryKeyNorm(QueryKeyNorm.ROTATED_HEADS, "use_qk_norm")
          .feedForward("feed_forward")
          .rotatedPairs(RotatedPairs.NEIGHBOURS)
          .positions(new PositionRule.Marked("no_rope_layers", "no_rope_layer_interval"))
          .experts(
              ExpertRule.of(
                      ExpertNames.stacked(
                          "feed_forward",
                          "router",
                          new ExpertStack(
                              "feed_forward.experts.gate_up_proj",
                              "feed_forward.experts.down_proj",
                              true,
                              false,
                              "_bias",
                              false)))
                  .sharingUngated("intermediate_size")
                  .routing(RoutingRule.SIGMOID_INPUTS)
                  .steps("interleave_moe_layer_step")
                  .listed("moe_layers")
                  .denseWidth("intermediate_size_mlp")
                  .build())
          .sizes(
              """
              {"vocab_size": 202048, "hidden_size": 5120, "intermediate_size": 8192,
               "num_hidden_layers": 48, "num_attention_heads": 40}
              """)
          .defaults(
              """
              {"num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 131072,
               "rms_norm_eps": 1e-5, "intermediate_size_mlp": 16384, "num_local_experts": 16,
               "num_experts_per_tok": 1, "interleave_moe_layer_step": 1, "use_qk_norm": true,
               "no_rope_layer_interval": 4, "attention_chunk_size": 8192,
               "attn_temperature_tuning": true, "floor_scale": 8192, "attn_scale": 0.1,
               "rope_theta": 500000.0}
              """)
          .llamaCpp("llama4")
          .build();

  private Llama4() {}
}
