// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.WindowRule;

/** OLMo 3: OLMo 2 with a window in three of four blocks, which rotate without scaling. */
final class Olmo3 {
  static final Architecture OLMO3 =
      Architecture.named("Olmo3ForCausalLM")
          .modelType("olmo3")
          .reads("attention_bias")
          .norms(BlockNorms.AFTER)
          .queryKeyNorm(QueryKeyNorm.TOGETHER)
          .windows(new WindowRule.Listed(new WindowRule.AllButEvery(4)))
          .sizes(
              """
              {"vocab_size": 50304, "hidden_size": 4096, "intermediate_size": 11008,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"rms_norm_eps": 1e-5, "rope_theta": 500000.0, "rope_local_base_freq": 500000.0,
               "sliding_window": 4096}
              """)
          .llamaCpp("olmo2")
          .build();

  private Olmo3() {}
}
