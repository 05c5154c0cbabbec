// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;

/** Qwen3: norms of query and key heads, and windows as Qwen2 has them. */
final class Qwen3 {
  static final Architecture QWEN3 =
      Architecture.named("Qwen3ForCausalLM")
          .queryKeyNorm()
          .windows(Qwen2.WINDOWS)
          .llamaCpp("qwen3")
          .build();

  private Qwen3() {}
}
