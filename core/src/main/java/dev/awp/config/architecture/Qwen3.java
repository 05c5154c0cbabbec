// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.QueryKeyNorm;

/** Qwen3: norms of query and key heads, and windows as Qwen2 has them. */
final class Qwen3 {
  static final Architecture QWEN3 =
      Architecture.named("Qwen3ForCausalLM")
          .modelType("qwen3")
          .reads("attention_bias")
          .queryKeyNorm(QueryKeyNorm.HEADS)
          .windows(Qwen2.WINDOWS)
          .sizes(
              """
              {"vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016,
               "num_hidden_layers": 32, "num_attention_heads": 32}
              """)
          .defaults(
              """
              {"num_key_value_heads": 32, "head_dim": 128, "max_position_embeddings": 32768,
               "sliding_window": 4096}
              """)
          .llamaCpp("qwen3")
          .build();

  private Qwen3() {}
}
