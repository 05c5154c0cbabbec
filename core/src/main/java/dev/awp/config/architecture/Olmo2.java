// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.QueryKeyNorm;

/** OLMo 2: norms behind the steps alone, and of all query and key heads together. */
final class Olmo2 {
  static final Architecture OLMO2 =
      Architecture.named("Olmo2ForCausalLM")
          .modelType("olmo2")
          .reads("attention_bias")
          .norms(BlockNorms.AFTER)
          .queryKeyNorm(QueryKeyNorm.TOGETHER)
          .sizes(
              """
              {"vocab_size": 50304, "hidden_size": 4096, "intermediate_size": 11008,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"rms_norm_eps": 1e-5}
              """)
          .llamaCpp("olmo2")
          .build();

  private Olmo2() {}
}
