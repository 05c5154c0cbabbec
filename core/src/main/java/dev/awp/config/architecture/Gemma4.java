// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertNorms;
import dev.awp.config.ExpertRule;
import dev.awp.config.ExpertStack;
import dev.awp.config.GlobalHeads;
import dev.awp.config.KeySharing;
import dev.awp.config.PerLayerRule;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.WindowRule;

/**
 * Gemma 4's text model: norms before and behind each step, whose weights are stored as they are,
 * norms of query, key and value heads, scores that nothing divides, a window in five of six blocks,
 * wider heads in the sixth, whose keys may be its values, and a number by which each block's states
 * are multiplied; where config.json says so, experts beside the feed-forward layers, vectors of
 * each token in every block, and last blocks that share the keys and values of earlier ones.
 */
final class Gemma4 {
  static final Architecture GEMMA4 =
      Architecture.named("Gemma4ForCausalLM")
          .modelType("gemma4_text")
          .reads("attention_bias", "hidden_activation", "final_logit_softcapping")
          .norms(BlockNorms.BEFORE_AND_AFTER.withOffset(0))
          .queryKeyNorm(QueryKeyNorm.HEADS)
          .normsValues()
          .withoutScoreScale()
          .globalHeads(
              new GlobalHeads(
                  "global_head_dim",
                  "attention_k_eq_v",
                  "num_global_key_value_heads",
                  "per_layer_config"))
          .blockScalar("layer_scalar")
          .keySharing(new KeySharing("num_kv_shared_layers", "use_double_wide_mlp"))
          .perLayer(
              new PerLayerRule(
                  "hidden_size_per_layer_input",
                  "vocab_size_per_layer_input",
                  "embed_tokens_per_layer",
                  "per_layer_model_projection",
                  "per_layer_projection_norm",
                  "per_layer_input_gate",
                  "per_layer_projection",
                  "post_per_layer_input_norm"))
          .experts(
              ExpertRule.of(
                      ExpertNames.stacked(
                              "",
                              "router.proj",
                              new ExpertStack(
                                  "experts.gate_up_proj",
                                  "experts.down_proj",
                                  false,
                                  false,
                                  "_bias",
                                  false))
                          .sharingBeside("mlp")
                          .normed(
                              new ExpertNorms(
                                  "pre_feedforward_layernorm",
                                  "post_feedforward_layernorm_1",
                                  "pre_feedforward_layernorm_2",
                                  "post_feedforward_layernorm_2",
                                  "router.scale",
                                  "router.per_expert_scale")))
                  .flagged("enable_moe_block")
                  .counted("num_experts")
                  .perToken("top_k_experts")
                  .width("moe_intermediate_size")
                  .sharingUngated("intermediate_size")
                  .build())
          .scalesEmbeddings()
          .windows(new WindowRule.AllButLast(new WindowRule.Listed(new WindowRule.AllButEvery(6))))
          .sizes(
              """
              {"vocab_size": 262144, "hidden_size": 2304, "intermediate_size": 9216,
               "num_hidden_layers": 30, "num_attention_heads": 8}
              """)
          .defaults(
              """
              {"num_key_value_heads": 4, "head_dim": 256, "global_head_dim": 512,
               "hidden_activation": "gelu_pytorch_tanh", "max_position_embeddings": 131072,
               "tie_word_embeddings": true, "sliding_window": 512,
               "hidden_size_per_layer_input": 256, "vocab_size_per_layer_input": 262144,
               "rope_parameters": {
                 "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
                 "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.25,
                                    "rope_theta": 1000000.0}}}
              """)
          .llamaCpp("gemma4")
          .build();

  private Gemma4() {}
}
