// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.QueryKeyNorm;
import dev.awp.rope.RotatedPairs;

/** Cohere (Command R, Aya): both steps of a block see the same states, normed about their mean. */
final class Cohere {
  static final Architecture COHERE =
      Architecture.named("CohereForCausalLM")
          .modelType("cohere")
          .reads("attention_bias", "layer_norm_eps", "logit_scale")
          .norms(BlockNorms.SHARED)
          .parallel()
          .queryKeyNorm(QueryKeyNorm.HEADS_APART, "use_qk_norm")
          .rotatedPairs(RotatedPairs.NEIGHBOURS)
          .sizes(
              """
              {"vocab_size": 256000, "hidden_size": 8192, "intermediate_size": 22528,
               "num_hidden_layers": 40, "num_attention_heads": 64}
              """)
          .defaults(
              """
              {"max_position_embeddings": 8192, "rope_theta": 500000.0, "logit_scale": 0.0625,
               "tie_word_embeddings": true}
              """)
          .llamaCpp("command-r")
          .build();

  private Cohere() {}
}
