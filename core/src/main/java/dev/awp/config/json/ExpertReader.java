// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.config.ExpertConfig;
import dev.awp.config.ExpertRule;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** Reads the settings of a mixture of experts, by the rule of its architecture. */
record ExpertReader(ConfigObject root, int layers, int largestWidth, int largestCount) {
  /** The experts of every block, where it has any. */
  List<Optional<ExpertConfig>> ofBlocks(Optional<ExpertRule> rule) {
    Optional<ExpertConfig> experts = rule.map(this::read);
    Set<Integer> dense =
        rule.filter(ExpertRule::denseBlocks).map(_ -> denseBlocks()).orElse(Set.of());
    return IntStream.range(0, layers)
        .mapToObj(block -> experts.filter(_ -> !dense.contains(block)))
        .toList();
  }

  private ExpertConfig read(ExpertRule rule) {
    String countKey =
        rule.countKeys().stream().filter(root::has).findFirst().orElse(rule.countKeys().getLast());
    OptionalInt sharedWidth =
        rule.sharedWidthKey().stream().mapToInt(key -> root.integer(key, largestWidth)).findFirst();
    ExpertConfig experts =
        new ExpertConfig(
            root.integer(countKey, largestCount),
            root.integer(ExpertRule.PER_TOKEN_KEY, largestCount),
            root.integer(rule.widthKey(), largestWidth),
            sharedWidth,
            rule.normalizedKey().map(root::flag).orElse(true));
    if (experts.perToken() > experts.count()) {
      throw root.fail(
          "num_experts_per_tok %s is more than the %s experts"
              .formatted(experts.perToken(), experts.count()));
    }
    return experts;
  }

  private Set<Integer> denseBlocks() {
    int step = root.integer(ExpertRule.STEP_KEY, Integer.MAX_VALUE);
    Set<Integer> dense = new HashSet<>();
    for (JsonNode block : root.node().path(ExpertRule.DENSE_KEY)) {
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
