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
          .windows(WINDOWS)
          .defaults(
              """
              {"qkv_bias": true}
              """)
          .llamaCpp("qwen2")
          .build();

  private Qwen2() {}
}
