// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.GatedNorm;
import dev.awp.config.NormKind;
import dev.awp.config.PositionRule;
import dev.awp.config.RecurrenceRule;
import dev.awp.config.RecurrenceRule.Mamba2Keys;
import dev.awp.config.RoutingRule;
import dev.awp.config.StepNorms;
import dev.awp.config.TensorNames;
import java.util.Optional;

/**
 * Nemotron-H: blocks of one sublayer each, Mamba-2, attention without positions, or a feed-forward
 * layer or experts without gates, with the square of max(0, x).
 */
final class NemotronH {
  static final Architecture NEMOTRON_H =
      Architecture.named("NemotronHForCausalLM")
          .modelType("nemotron_h")
          .names(new TensorNames("backbone.", "embeddings", "lm_head", false))
          .reads(
              "mlp_bias",
              "mlp_hidden_act",
              "layer_norm_epsilon",
              // The class has one shared expert, whose width another key says.
              "n_shared_experts")
          .norms(
              new BlockNorms(NormKind.RMS, 0, StepNorms.before("norm"), StepNorms.before("norm")))
          .finalNorm("norm_f")
          .attention("mixer")
          .feedForward("mixer")
          .withoutGates()
          .positions(PositionRule.NONE)
          .recurrence(
              new RecurrenceRule.Mamba2(
                  "mixer",
                  RecurrenceRule.Place.ALONE,
                  new Mamba2Keys(
                      "mamba_num_heads",
                      "mamba_head_dim",
                      "n_groups",
                      "ssm_state_size",
                      "conv_kernel",
                      Optional.empty(),
                      "use_conv_bias",
                      "use_bias"),
                  GatedNorm.GATE_FIRST,
                  Optional.empty()))
          .experts(
              ExpertRule.of(
                      ExpertNames.apart("mixer", "gate_proj", "up_proj", "down_proj")
                          .sharing("shared_experts"))
                  .counted("n_routed_experts")
                  .width("moe_intermediate_size")
                  .sharingUngated("moe_shared_expert_intermediate_size")
                  .normalized("norm_topk_prob")
                  .routing(RoutingRule.SIGMOID_GROUPS)
                  .build())
          .sizes(
              """
              {"vocab_size": 131072, "hidden_size": 4096, "intermediate_size": 21504,
               "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 4096,
               "layer_norm_epsilon": 1e-5, "mlp_hidden_act": "relu2",
               "mamba_num_heads": 128, "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 128,
               "conv_kernel": 4, "use_conv_bias": true,
               "n_routed_experts": 8, "moe_intermediate_size": 7688,
               "moe_shared_expert_intermediate_size": 7688, "num_experts_per_tok": 2,
               "norm_topk_prob": true}
              """)
          .llamaCpp("nemotron_h")
          .build();

  private NemotronH() {}
}
