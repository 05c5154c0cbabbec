// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.WindowRule;

/** Qwen2: biases of q, k and v, and a window in some blocks. */
final class Qwen2 {
  /** 28 is the default of Qwen2Config, and of Qwen3Config. */
  static final WindowRule WINDOWS =
      new WindowRule.Flagged(new WindowRule.Listed(new WindowRule.From("max_window_layers", 28)));

  static final Architecture QWEN2 =
      Architecture.named("Qwen2ForCausalLM")
          .modelType("qwen2")
          .windows(WINDOWS)
          .sizes(
              """
              {"vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 32, "max_position_embeddings": 32768, "sliding_window": 4096,
               "qkv_bias": true}
              """)
          .llamaCpp("qwen2")
          .build();

  private Qwen2() {}
}
