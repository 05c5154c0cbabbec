// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.GatedNorm;
import dev.awp.config.NormKind;
import dev.awp.config.RecurrenceRule;
import dev.awp.config.RecurrenceRule.Mamba2Keys;
import dev.awp.config.RecurrenceRule.Mamba2Switches;
import dev.awp.config.StepNorms;
import java.util.Optional;

/**
 * Falcon-H1: in every block Mamba-2 and attention see the same states, and what both make is added;
 * multipliers of nearly everything.
 */
final class FalconH1 {
  static final Architecture FALCON_H1 =
      Architecture.named("FalconH1ForCausalLM")
          .modelType("falcon_h1")
          .reads(
              "attention_bias",
              "mlp_bias",
              "embedding_multiplier",
              "lm_head_multiplier",
              "key_multiplier",
              "attention_in_multiplier",
              "attention_out_multiplier",
              "ssm_in_multiplier",
              "ssm_out_multiplier",
              "mlp_multipliers")
          .norms(
              new BlockNorms(
                  NormKind.RMS,
                  0,
                  StepNorms.before("input_layernorm"),
                  StepNorms.before("pre_ff_layernorm")))
          .finalNorm("final_layernorm")
          .feedForward("feed_forward")
          .recurrence(
              new RecurrenceRule.Mamba2(
                  "mamba",
                  RecurrenceRule.Place.BESIDE_ATTENTION,
                  Mamba2Keys.USUAL,
                  GatedNorm.NONE,
                  Optional.of(
                      new Mamba2Switches(
                          "mamba_d_ssm",
                          "mamba_rms_norm",
                          "mamba_norm_before_gate",
                          "projectors_bias",
                          "ssm_multipliers"))))
          .sizes(
              """
              {"vocab_size": 128000, "hidden_size": 4096, "intermediate_size": 14336,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 8, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
               "mamba_d_ssm": 1024, "mamba_n_heads": 128, "mamba_n_groups": 1,
               "mamba_d_state": 256, "mamba_d_head": "auto", "mamba_d_conv": 4, "mamba_expand": 2,
               "mamba_conv_bias": true, "mamba_norm_before_gate": true}
              """)
          .llamaCpp("falcon-h1")
          .build();

  private FalconH1() {}
}
