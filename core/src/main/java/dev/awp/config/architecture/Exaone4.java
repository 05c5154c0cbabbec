// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.PositionRule;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.WindowRule;

/** EXAONE 4: norms behind the steps alone, and of heads; no positions outside of windows. */
final class Exaone4 {
  static final Architecture EXAONE4 =
      Architecture.named("Exaone4ForCausalLM")
          .modelType("exaone4")
          .norms(BlockNorms.AFTER)
          .queryKeyNorm(QueryKeyNorm.HEADS)
          .positions(PositionRule.OF_WINDOWS)
          .windows(new WindowRule.Listed(new WindowRule.AllButEveryOf("sliding_window_pattern")))
          .sizes(
              """
              {"vocab_size": 102400, "hidden_size": 4096, "intermediate_size": 16384,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 32, "rms_norm_eps": 1e-5, "sliding_window": 4096,
               "sliding_window_pattern": 4}
              """)
          .llamaCpp("exaone4")
          .build();

  private Exaone4() {}
}
