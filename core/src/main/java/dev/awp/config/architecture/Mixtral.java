// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.WindowRule;

/** Mixtral: experts in all blocks, whose shares of a token add up to one. */
final class Mixtral {
  static final Architecture MIXTRAL =
      Architecture.named("MixtralForCausalLM")
          .modelType("mixtral")
          .windows(WindowRule.ALL)
          .experts(ExpertRule.of(ExpertNames.apart("block_sparse_moe", "w1", "w3", "w2")).build())
          .sizes(
              """
              {"vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 8, "max_position_embeddings": 131072, "rms_norm_eps": 1e-5,
               "rope_theta": 1000000.0, "num_local_experts": 8, "num_experts_per_tok": 2}
              """)
          .llamaCpp("llama")
          .build();

  private Mixtral() {}
}
