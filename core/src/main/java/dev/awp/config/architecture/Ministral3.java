// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.WindowRule;

/** Ministral 3: Mistral with YaRN, and queries that grow with their position. */
final class Ministral3 {
  static final Architecture MINISTRAL3 =
      Architecture.named("Ministral3ForCausalLM")
          .modelType("ministral3")
          .reads("llama_4_scaling_beta")
          .windows(WindowRule.ALL)
          .sizes(
              """
              {"vocab_size": 131072, "hidden_size": 4096, "intermediate_size": 14336,
               "num_hidden_layers": 34, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 262144,
               "rms_norm_eps": 1e-5,
               "rope_parameters":
                 {"rope_type": "yarn", "rope_theta": 1000000.0, "factor": 16.0,
                  "original_max_position_embeddings": 16384, "beta_fast": 32.0, "beta_slow": 1.0,
                  "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1}}
              """)
          .llamaCpp("mistral3")
          .build();

  private Ministral3() {}
}
