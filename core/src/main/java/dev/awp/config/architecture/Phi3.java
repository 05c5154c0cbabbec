// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.Projections;
import dev.awp.config.WindowRule;

/** Phi-3: fused projections. */
final class Phi3 {
  static final Architecture PHI3 =
      Architecture.named("Phi3ForCausalLM")
          .modelType("phi3")
          .reads("partial_rotary_factor")
          .longRopeAlone()
          .projections(Projections.FUSED)
          .windows(new WindowRule.Listed(WindowRule.ALL))
          .sizes(
              """
              {"vocab_size": 32064, "hidden_size": 3072, "intermediate_size": 8192,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"max_position_embeddings": 4096, "original_max_position_embeddings": 4096,
               "rms_norm_eps": 1e-5}
              """)
          .llamaCpp("phi3")
          .build();

  private Phi3() {}
}
