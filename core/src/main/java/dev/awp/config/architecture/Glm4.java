// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.NormKind;
import dev.awp.config.Projections;
import dev.awp.config.StepNorms;
import dev.awp.rope.RotatedPairs;
import java.util.Optional;

/** GLM-4 (0414): half of each head rotated, in neighbouring columns; norms around each step. */
final class Glm4 {
  static final Architecture GLM4 =
      Architecture.named("Glm4ForCausalLM")
          .modelType("glm4")
          .reads("attention_bias", "partial_rotary_factor")
          .withoutOutputBias()
          .norms(
              new BlockNorms(
                  NormKind.RMS,
                  0,
                  new StepNorms(
                      Optional.of("input_layernorm"), Optional.of("post_self_attn_layernorm")),
                  new StepNorms(
                      Optional.of("post_attention_layernorm"), Optional.of("post_mlp_layernorm"))))
          .projections(Projections.FUSED_GATE)
          .rotatedPairs(RotatedPairs.NEIGHBOURS)
          .sizes(
              """
              {"vocab_size": 151552, "hidden_size": 4096, "intermediate_size": 13696,
               "num_hidden_layers": 40, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 2, "head_dim": 128, "max_position_embeddings": 131072,
               "rms_norm_eps": 1.5625e-07, "partial_rotary_factor": 0.5, "attention_bias": true}
              """)
          .llamaCpp("glm4")
          .build();

  private Glm4() {}
}
