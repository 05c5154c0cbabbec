// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.calibration.ActivationStore;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.Stage;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What is to be removed of some blocks, which a {@link BlockMeasure} chooses.
 *
 * @param step the one that goes, and the others stay; nothing where blocks go as a whole
 * @param gone blocks that are not there any more
 * @param fixed blocks that keep what they have
 * @param count how many are chosen, fewer than there are
 */
public record BlockRemoval(
    Optional<Step> step, List<Integer> gone, List<Integer> fixed, int count) {
  public BlockRemoval {
    gone = List.copyOf(gone);
    fixed = List.copyOf(fixed);
  }

  /** So many whole blocks, but none that config.json counts on. */
  public static BlockRemoval blocks(ModelLayout layout, int count) {
    List<Integer> fixed = FixedBlocks.of(layout.config()).blocks();
    return new BlockRemoval(Optional.empty(), List.of(), fixed, count);
  }

  /** The attention of so many of the blocks that stay, the first of which keeps its own. */
  public static BlockRemoval attention(ModelLayout layout, List<Integer> stay, int count) {
    List<Integer> gone =
        IntStream.range(0, layout.config().layers())
            .filter(block -> !stay.contains(block))
            .boxed()
            .toList();
    return new BlockRemoval(Optional.of(Step.ATTENTION), gone, List.of(stay.getFirst()), count);
  }

  /** The blocks that are there, ascending. */
  List<Integer> there(ModelLayout layout) {
    return IntStream.range(0, layout.config().layers())
        .filter(block -> !gone.contains(block))
        .boxed()
        .toList();
  }

  /** Those of which one can go. */
  List<Integer> candidates(ModelLayout layout) {
    return there(layout).stream().filter(block -> !fixed.contains(block)).toList();
  }

  /** The steps of a block, one after the other. */
  static List<Stage> whole(TransformerModel model, int block, Arena arena) {
    return model.layout().steps(block).stream().map(s -> model.step(block, s, arena)).toList();
  }

  /** Those that stay where this is removed of it. */
  List<Stage> rest(TransformerModel model, int block, Arena arena) {
    return model.layout().steps(block).stream()
        .filter(own -> step.isPresent() && !own.equals(step.get()))
        .map(own -> model.step(block, own, arena))
        .toList();
  }

  /** Takes states through some steps. */
  static void pass(List<Stage> stages, ActivationStore states) {
    stages.forEach(stage -> stage.forward(states.states(), states.length(), LinearInputs.IGNORED));
  }
}
