// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import dev.awp.config.WindowRule;

/** Mistral: a sliding window in all blocks. */
final class Mistral {
  static final Architecture MISTRAL =
      Architecture.named("MistralForCausalLM").windows(WindowRule.ALL).llamaCpp("llama").build();

  private Mistral() {}
}
