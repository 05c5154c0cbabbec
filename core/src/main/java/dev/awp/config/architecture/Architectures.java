// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import dev.awp.config.Architecture;
import java.util.List;
import java.util.Optional;

/** The architectures that awp knows: the list to add one to. */
public final class Architectures {
  private static final List<Architecture> ALL =
      List.of(
          Llama.LLAMA,
          Mistral.MISTRAL,
          Ministral3.MINISTRAL3,
          Qwen2.QWEN2,
          Qwen3.QWEN3,
          Phi3.PHI3,
          SmolLm3.SMOLLM3,
          Granite.GRANITE,
          FalconH1.FALCON_H1,
          NemotronH.NEMOTRON_H,
          Olmo2.OLMO2,
          Olmo3.OLMO3,
          Glm4.GLM4,
          Exaone4.EXAONE4,
          Cohere.COHERE,
          Cohere2.COHERE2,
          Gemma.GEMMA,
          Gemma2.GEMMA2,
          Gemma3.TEXT,
          Gemma3.MULTIMODAL,
          Gemma4.GEMMA4,
          Mixtral.MIXTRAL,
          GraniteMoe.GRANITE_MOE,
          GraniteMoeHybrid.GRANITE_MOE_HYBRID,
          Llama4.LLAMA4,
          GptOss.GPT_OSS,
          DeepseekV2.DEEPSEEK_V2,
          DeepseekV3.DEEPSEEK_V3,
          Qwen2Moe.QWEN2_MOE,
          Qwen3Moe.QWEN3_MOE,
          Qwen3Next.QWEN3_NEXT,
          Qwen35.QWEN3_5,
          Qwen35Moe.QWEN3_5_MOE);

  private Architectures() {}

  public static List<Architecture> all() {
    return ALL;
  }

  /** The architecture of that "model_type", where it is known. */
  public static Optional<Architecture> ofModelType(String type) {
    return ALL.stream()
        .filter(architecture -> !type.isEmpty() && architecture.modelType().equals(type))
        .findFirst();
  }

  /** The architecture of that class of transformers, where it is known. */
  public static Optional<Architecture> named(String name) {
    return ALL.stream().filter(architecture -> architecture.name().equals(name)).findFirst();
  }
}
