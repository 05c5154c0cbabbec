// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertRule;
import dev.awp.config.ExpertStack;
import dev.awp.config.WindowRule;

/**
 * gpt-oss: attention sinks, a window in every other block, experts with biases and clamped gates.
 */
final class GptOss {
  static final Architecture GPT_OSS =
      Architecture.named("GptOssForCausalLM")
          .modelType("gpt_oss")
          .reads("attention_bias", ExpertRule.LIMIT_KEY, ExpertRule.ALPHA_KEY)
          .sinks()
          .windows(new WindowRule.Listed(new WindowRule.AllButEvery(2)))
          .experts(
              ExpertRule.of(
                      ExpertNames.stacked(
                          "mlp",
                          "router",
                          new ExpertStack(
                              "mlp.experts.gate_up_proj",
                              "mlp.experts.down_proj",
                              true,
                              true,
                              "_bias",
                              false)))
                  .counted("num_experts", "num_local_experts")
                  .biased()
                  .build())
          .sizes(
              """
              {"vocab_size": 201088, "hidden_size": 2880, "intermediate_size": 2880,
               "num_hidden_layers": 36, "num_attention_heads": 64}
              """)
          .defaults(
              """
              {"num_key_value_heads": 8, "head_dim": 64, "max_position_embeddings": 131072,
               "rms_norm_eps": 1e-5, "rope_theta": 150000.0, "sliding_window": 128,
               "attention_bias": true, "num_local_experts": 128, "num_experts_per_tok": 4,
               "swiglu_alpha": 1.702, "swiglu_limit": 7.0,
               "rope_parameters":
                 {"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0,
                  "truncate": false, "original_max_position_embeddings": 4096}}
              """)
          .llamaCpp("gpt-oss")
          .build();

  private GptOss() {}
}
