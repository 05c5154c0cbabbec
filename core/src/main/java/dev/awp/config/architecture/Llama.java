// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;

/** LLaMA: what the others are told apart from. */
final class Llama {
  static final Architecture LLAMA =
      Architecture.named("LlamaForCausalLM").llamaCpp("llama").build();

  private Llama() {}
}
