// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.AwpException;
import dev.awp.checkpoint.ModelConfig;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The architectures that awp knows: all are LLaMA's decoder, and these are the differences. A model
 * that differs in more needs more than a line here.
 */
public enum Architecture {
  LLAMA("LlamaForCausalLM", false, false),
  MISTRAL("MistralForCausalLM", false, false),
  QWEN2("Qwen2ForCausalLM", true, false),
  QWEN3("Qwen3ForCausalLM", false, true);

  private final String transformersName;
  private final boolean alwaysQkvBias;
  private final boolean queryKeyNorm;

  Architecture(String transformersName, boolean alwaysQkvBias, boolean queryKeyNorm) {
    this.transformersName = transformersName;
    this.alwaysQkvBias = alwaysQkvBias;
    this.queryKeyNorm = queryKeyNorm;
  }

  /** The architecture of a checkpoint; AwpException naming it and those that are supported. */
  public static Architecture of(ModelConfig config) {
    for (Architecture architecture : values()) {
      if (architecture.transformersName.equals(config.architecture())) {
        return architecture;
      }
    }
    String supported =
        Arrays.stream(values()).map(a -> a.transformersName).collect(Collectors.joining(", "));
    throw new AwpException(
        "%s: architecture %s is not supported; these are: %s"
            .formatted(config.file(), config.architecture(), supported));
  }

  /** Whether the q, k and v projections have biases. */
  boolean hasQkvBias(ModelConfig config) {
    return alwaysQkvBias || config.attentionBias();
  }

  /** Whether each query and key head is normed before it is rotated. */
  boolean hasQueryKeyNorm() {
    return queryKeyNorm;
  }
}
