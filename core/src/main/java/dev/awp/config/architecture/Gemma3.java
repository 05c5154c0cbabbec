// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.TensorNames;
import dev.awp.config.WindowRule;

/**
 * Gemma 3, by itself and as the text part of a model that sees: as Gemma 2, with norms of query and
 * key heads, and a window in five of six blocks.
 */
final class Gemma3 {
  static final Architecture TEXT = named("Gemma3ForCausalLM").modelType("gemma3_text").build();

  static final Architecture MULTIMODAL =
      named("Gemma3ForConditionalGeneration").names(TensorNames.under("language_model.")).build();

  private static Architecture.Builder named(String name) {
    return Architecture.named(name)
        .reads(
            "attention_bias",
            "hidden_activation",
            "query_pre_attn_scalar",
            "final_logit_softcapping",
            "rope_local_base_freq")
        .doesNothingWith("attn_logit_softcapping")
        .norms(BlockNorms.BEFORE_AND_AFTER)
        .queryKeyNorm(QueryKeyNorm.HEADS)
        .scalesEmbeddings()
        .windows(new WindowRule.Listed(new WindowRule.AllButEveryOf("sliding_window_pattern")))
        .sizes(
            """
            {"vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216,
             "num_hidden_layers": 26, "num_attention_heads": 8}
            """)
        .defaults(
            """
            {"num_key_value_heads": 4, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
             "max_position_embeddings": 131072, "tie_word_embeddings": true,
             "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0,
             "query_pre_attn_scalar": 256, "sliding_window": 4096, "sliding_window_pattern": 6}
            """)
        .llamaCpp("gemma3");
  }

  private Gemma3() {}
}
