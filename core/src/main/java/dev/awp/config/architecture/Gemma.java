// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;

/** Gemma: LLaMA with scaled embeddings, norms of weight 1 + w, and tanh GELU. */
final class Gemma {
  static final Architecture GEMMA =
      Architecture.named("GemmaForCausalLM")
          .modelType("gemma")
          .reads("attention_bias")
          .norms(BlockNorms.BEFORE.withOffset(1))
          .scalesEmbeddings()
          .sizes(
              """
              {"vocab_size": 256000, "hidden_size": 3072, "intermediate_size": 24576,
               "num_hidden_layers": 28, "num_attention_heads": 16}
              """)
          .defaults(
              """
              {"num_key_value_heads": 16, "head_dim": 256, "hidden_act": "gelu_pytorch_tanh",
               "max_position_embeddings": 8192, "tie_word_embeddings": true}
              """)
          .llamaCpp("gemma")
          .build();

  private Gemma() {}
}
