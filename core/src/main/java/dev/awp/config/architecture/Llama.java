// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;

/** LLaMA: what the others are told apart from. */
final class Llama {
  static final Architecture LLAMA =
      Architecture.named("LlamaForCausalLM")
          .modelType("llama")
          .reads("attention_bias", "mlp_bias")
          .sizes(
              """
              {"vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .llamaCpp("llama")
          .build();

  private Llama() {}
}
