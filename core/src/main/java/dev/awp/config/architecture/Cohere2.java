// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.PositionRule;
import dev.awp.config.WindowRule;
import dev.awp.rope.RotatedPairs;

/** Cohere 2 (Command R7B, Command A): Cohere with windows, and positions in those blocks only. */
final class Cohere2 {
  static final Architecture COHERE2 =
      Architecture.named("Cohere2ForCausalLM")
          .modelType("cohere2")
          .reads("attention_bias", "layer_norm_eps", "logit_scale")
          .norms(BlockNorms.SHARED)
          .parallel()
          .rotatedPairs(RotatedPairs.NEIGHBOURS)
          .positions(PositionRule.WINDOWED)
          .windows(new WindowRule.Listed(new WindowRule.AllButEveryOf("sliding_window_pattern")))
          .sizes(
              """
              {"vocab_size": 256000, "hidden_size": 8192, "intermediate_size": 22528,
               "num_hidden_layers": 40, "num_attention_heads": 64}
              """)
          .defaults(
              """
              {"max_position_embeddings": 8192, "logit_scale": 0.0625, "tie_word_embeddings": true,
               "sliding_window": 4096, "sliding_window_pattern": 4}
              """)
          .llamaCpp("cohere2")
          .build();

  private Cohere2() {}
}
