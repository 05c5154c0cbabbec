// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;

/** Granite 3: LLaMA with multipliers of embeddings, scores, steps and logits. */
final class Granite {
  static final Architecture GRANITE =
      Architecture.named("GraniteForCausalLM")
          .modelType("granite")
          .reads(
              "attention_bias",
              "mlp_bias",
              "attention_multiplier",
              "embedding_multiplier",
              "residual_multiplier",
              "logits_scaling")
          .sizes(
              """
              {"vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"attention_multiplier": 1.0}
              """)
          .llamaCpp("granite")
          .build();

  private Granite() {}
}
