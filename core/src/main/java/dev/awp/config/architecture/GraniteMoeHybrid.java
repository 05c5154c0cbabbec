// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.ExpertRule;
import dev.awp.config.GatedNorm;
import dev.awp.config.PositionRule;
import dev.awp.config.Projections;
import dev.awp.config.RecurrenceRule;
import dev.awp.config.RecurrenceRule.Mamba2Keys;
import java.util.Optional;

/**
 * Granite 4: Granite whose blocks have Mamba-2 or attention, most without positions; a feed-forward
 * layer in every block, with experts beside it or without.
 */
final class GraniteMoeHybrid {
  static final Architecture GRANITE_MOE_HYBRID =
      Architecture.named("GraniteMoeHybridForCausalLM")
          .modelType("granitemoehybrid")
          .reads(
              "attention_bias",
              "attention_multiplier",
              "embedding_multiplier",
              "residual_multiplier",
              "logits_scaling")
          .projections(Projections.FUSED_INPUT)
          .feedForward("shared_mlp")
          .positions(new PositionRule.Said("position_embedding_type", "rope"))
          .recurrence(
              new RecurrenceRule.Mamba2(
                  "mamba",
                  RecurrenceRule.Place.FOR_ATTENTION,
                  Mamba2Keys.USUAL,
                  GatedNorm.GATE_FIRST,
                  Optional.empty()))
          .experts(
              ExpertRule.of(GraniteMoe.EXPERTS.sharingBeside("shared_mlp"))
                  .mayBeNone()
                  .sharingUngated("shared_intermediate_size")
                  .denseWidth("shared_intermediate_size")
                  .build())
          .sizes(
              """
              {"vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"attention_multiplier": 1.0, "num_local_experts": 8, "num_experts_per_tok": 2,
               "shared_intermediate_size": 1024, "mamba_n_heads": 128, "mamba_n_groups": 1,
               "mamba_d_state": 256, "mamba_d_head": "auto", "mamba_d_conv": 4, "mamba_expand": 2,
               "mamba_conv_bias": true}
              """)
          .llamaCpp("granitehybrid")
          .build();

  private GraniteMoeHybrid() {}
}
