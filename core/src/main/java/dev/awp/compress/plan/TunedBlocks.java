// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;

import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.model.gradient.BlockGradient;
import dev.awp.tuning.TunedLayer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Which of a model's blocks are tuned, and what of them is not. */
public record TunedBlocks(ModelPlan plan) {
  private static boolean isTuned(LayerPlan layer) {
    return TunedLayer.isPossible(layer.constraint()) && !layer.channelScales();
  }

  private List<LayerPlan> layers(int block) {
    return plan.layers().stream().filter(layer -> layer.layer().block() == block).toList();
  }

  private Optional<String> obstacle(int block) {
    return BlockGradient.obstacle(plan.layout(), block);
  }

  private IntStream blocks() {
    return IntStream.range(0, plan.layout().config().layers())
        .filter(block -> !layers(block).isEmpty());
  }

  /** Whether layers of a block are tuned. */
  public boolean isTuned(int block) {
    return block >= 0
        && block < plan.layout().config().layers()
        && layers(block).stream().anyMatch(TunedBlocks::isTuned)
        && obstacle(block).isEmpty();
  }

  /** Indices of the blocks that are tuned. */
  public IntStream tuned() {
    return blocks().filter(this::isTuned);
  }

  /** Names of the layers of each of these blocks, which are saved together. */
  public List<Set<String>> together() {
    return tuned()
        .mapToObj(
            block -> layers(block).stream().map(layer -> layer.layer().name()).collect(toSet()))
        .toList();
  }

  /** What is compressed and not tuned, a sentence each. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    Set<String> obstacles =
        blocks()
            .mapToObj(this::obstacle)
            .flatMap(Optional::stream)
            .collect(toCollection(LinkedHashSet::new));
    for (String reason : obstacles) {
      List<Integer> numbers =
          blocks()
              .filter(block -> obstacle(block).equals(Optional.of(reason)))
              .mapToObj(block -> block + 1)
              .toList();
      warnings.add("blocks %s are not tuned: %s".formatted(numbers, reason));
    }
    SortedSet<String> constraints =
        blocks()
            .filter(block -> obstacle(block).isEmpty())
            .mapToObj(this::layers)
            .flatMap(List::stream)
            .filter(layer -> !isTuned(layer))
            .map(layer -> layer.constraint().describe())
            .collect(toCollection(TreeSet::new));
    if (!constraints.isEmpty()) {
      warnings.add(
          "layers under these constraints are not tuned: " + String.join("; ", constraints));
    }
    return warnings;
  }
}
