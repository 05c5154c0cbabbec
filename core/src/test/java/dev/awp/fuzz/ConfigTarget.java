// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compute.Compute;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** config.json of every architecture, and of packed models, in front of weights of one of them. */
final class ConfigTarget implements FuzzTarget {
  private static final List<String> ARCHITECTURES =
      List.of(
          "llama",
          "llama3-scaling",
          "llama-biases",
          "mistral-window",
          "mixtral",
          "gemma2",
          "gemma3",
          "phi3",
          "phi3-longrope-long",
          "qwen2",
          "qwen2-some-windows",
          "qwen2-moe",
          "qwen3",
          "qwen3-moe");

  private static final List<String> WORDS =
      List.of(
          "LlamaForCausalLM",
          "MixtralForCausalLM",
          "Qwen2MoeForCausalLM",
          "Qwen3MoeForCausalLM",
          "Gemma2ForCausalLM",
          "Phi3ForCausalLM",
          "silu",
          "gelu_pytorch_tanh",
          "yarn",
          "longrope",
          "rope_scaling",
          "factor",
          "text_config",
          "sliding_attention",
          "layer_types",
          "head_dim",
          "num_experts",
          "num_hidden_layers",
          "quantization_config",
          "gptq",
          "awq",
          "compressed-tensors",
          "bits",
          "group_size",
          "config_groups");

  @Override
  public String name() {
    return "config";
  }

  @Override
  public Mutation mutation() {
    return new JsonMutation(WORDS);
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    Path model = folder.resolve("model");
    GeneratedArchitectures.write(model, "llama", DType.BF16);
    List<byte[]> seeds = new ArrayList<>();
    for (String architecture : ARCHITECTURES) {
      String config = GeneratedArchitectures.config(architecture).toString();
      seeds.add(config.getBytes(StandardCharsets.UTF_8));
    }
    for (String format : List.of("compressed-tensors", "gptq")) {
      Path packed =
          SmallModels.compressed(folder.resolve(format), "--bits", "4", "--format", format);
      seeds.add(Files.readAllBytes(packed.resolve("config.json")));
    }
    Path file = model.resolve("config.json");
    return new Prepared(file, seeds, () -> PackedTarget.read(model, compute));
  }
}
