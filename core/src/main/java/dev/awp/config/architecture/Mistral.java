// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.WindowRule;

/** Mistral: a sliding window in all blocks. */
final class Mistral {
  static final Architecture MISTRAL =
      Architecture.named("MistralForCausalLM")
          .modelType("mistral")
          .windows(WindowRule.ALL)
          .sizes(
              """
              {"vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 8, "max_position_embeddings": 131072, "sliding_window": 4096}
              """)
          .llamaCpp("llama")
          .build();

  private Mistral() {}
}
