// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.config.ExpertConfig;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads the settings of a mixture of experts: Mixtral's, or Qwen's. */
record ExpertReader(ConfigObject root, int layers, int largestWidth, int largestCount) {
  Optional<ExpertConfig> read(String architecture) {
    ExpertConfig experts;
    switch (architecture) {
      case "MixtralForCausalLM" ->
          experts =
              new ExpertConfig(
                  root.integer("num_local_experts", largestCount),
                  root.integer("num_experts_per_tok", largestCount),
                  root.integer("intermediate_size", largestWidth),
                  OptionalInt.empty(),
                  true,
                  Set.of());
      case "Qwen2MoeForCausalLM" ->
          experts =
              qwen(OptionalInt.of(root.integer("shared_expert_intermediate_size", largestWidth)));
      case "Qwen3MoeForCausalLM" -> experts = qwen(OptionalInt.empty());
      default -> {
        return Optional.empty();
      }
    }
    if (experts.perToken() > experts.count()) {
      throw root.fail(
          "num_experts_per_tok %d is more than the %d experts"
              .formatted(experts.perToken(), experts.count()));
    }
    return Optional.of(experts);
  }

  private ExpertConfig qwen(OptionalInt sharedWidth) {
    // Renamed when transformers 5 saves a configuration.
    String count = root.has("num_local_experts") ? "num_local_experts" : "num_experts";
    return new ExpertConfig(
        root.integer(count, largestCount),
        root.integer("num_experts_per_tok", largestCount),
        root.integer("moe_intermediate_size", largestWidth),
        sharedWidth,
        root.flag("norm_topk_prob"),
        denseBlocks());
  }

  private Set<Integer> denseBlocks() {
    int step = root.integer("decoder_sparse_step", Integer.MAX_VALUE);
    Set<Integer> dense = new HashSet<>();
    for (JsonNode block : root.node().path("mlp_only_layers")) {
      dense.add(block.asInt(-1));
    }
    for (int block = 0; block < layers; block++) {
      if ((block + 1) % step != 0) {
        dense.add(block);
      }
    }
    return dense;
  }
}
