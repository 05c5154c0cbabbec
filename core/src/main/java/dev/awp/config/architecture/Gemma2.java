// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.WindowRule;

/** Gemma 2: norms before and behind each step, scaled embeddings, a window in every other block. */
final class Gemma2 {
  static final Architecture GEMMA2 =
      Architecture.named("Gemma2ForCausalLM")
          .modelType("gemma2")
          .reads(
              "attention_bias",
              "hidden_activation",
              "query_pre_attn_scalar",
              "attn_logit_softcapping",
              "final_logit_softcapping")
          .norms(BlockNorms.BEFORE_AND_AFTER)
          .scalesEmbeddings()
          .windows(new WindowRule.Listed(new WindowRule.AllButEvery(2)))
          .sizes(
              """
              {"vocab_size": 256000, "hidden_size": 2304, "intermediate_size": 9216,
               "num_hidden_layers": 26, "num_attention_heads": 8}
              """)
          .defaults(
              """
              {"num_key_value_heads": 4, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
               "max_position_embeddings": 8192, "tie_word_embeddings": true,
               "query_pre_attn_scalar": 256, "sliding_window": 4096,
               "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0}
              """)
          .llamaCpp("gemma2")
          .build();

  private Gemma2() {}
}
