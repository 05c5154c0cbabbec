// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.BlockNorms;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.RecurrenceRule;

/** Qwen 3.5's dense text model: Qwen3-Next without experts, its delta nets' inputs apart. */
final class Qwen35 {
  static final Architecture QWEN3_5 =
      Architecture.named("Qwen3_5ForCausalLM")
          .modelType("qwen3_5_text")
          .reads("attention_bias", "partial_rotary_factor", "attn_output_gate")
          .norms(BlockNorms.BEFORE.withOffset(1))
          .queryKeyNorm(QueryKeyNorm.HEADS)
          .outputGate()
          .recurrence(new RecurrenceRule.GatedDelta("linear_attn", false))
          .sizes(
              """
              {"vocab_size": 248320, "hidden_size": 4096, "intermediate_size": 12288,
               "num_hidden_layers": 32, "num_attention_heads": 16}
              """)
          .defaults(
              """
              {"num_key_value_heads": 4, "head_dim": 256, "max_position_embeddings": 32768,
               "partial_rotary_factor": 0.25,
               "linear_num_key_heads": 16, "linear_num_value_heads": 32,
               "linear_key_head_dim": 128, "linear_value_head_dim": 128,
               "linear_conv_kernel_dim": 4}
              """)
          .llamaCpp("qwen35")
          .build();

  private Qwen35() {}
}
