// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.PositionRule;
import dev.awp.config.WindowRule;

/** SmolLM3: LLaMA whose every fourth block knows no positions. */
final class SmolLm3 {
  static final Architecture SMOLLM3 =
      Architecture.named("SmolLM3ForCausalLM")
          .modelType("smollm3")
          .reads("attention_bias", "mlp_bias")
          .positions(new PositionRule.Marked("no_rope_layers", "no_rope_layer_interval"))
          .windows(new WindowRule.Flagged(new WindowRule.Listed(new WindowRule.Unlisted())))
          .sizes(
              """
              {"vocab_size": 128256, "hidden_size": 2048, "intermediate_size": 11008,
               "num_hidden_layers": 36, "num_attention_heads": 16}
              """)
          .defaults(
              """
              {"num_key_value_heads": 4, "max_position_embeddings": 32768,
               "tie_word_embeddings": true, "rope_theta": 2000000.0,
               "no_rope_layer_interval": 4}
              """)
          .llamaCpp("smollm3")
          .build();

  private SmolLm3() {}
}
