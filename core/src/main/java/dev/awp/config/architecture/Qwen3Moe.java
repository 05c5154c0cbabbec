// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.ExpertRule;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.WindowRule;

/** Qwen3-MoE: experts, norms of query and key heads; blocks without experts. */
final class Qwen3Moe {
  static final Architecture QWEN3_MOE =
      Architecture.named("Qwen3MoeForCausalLM")
          .modelType("qwen3_moe")
          .reads("attention_bias")
          .queryKeyNorm(QueryKeyNorm.HEADS)
          .windows(new WindowRule.Flagged(new WindowRule.Listed(WindowRule.ALL)))
          .experts(ExpertRule.qwen().build())
          .sizes(
              """
              {"vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 6144,
               "num_hidden_layers": 24, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 4, "max_position_embeddings": 32768, "sliding_window": 4096,
               "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768,
               "decoder_sparse_step": 1}
              """)
          .llamaCpp("qwen3moe")
          .build();

  private Qwen3Moe() {}
}
