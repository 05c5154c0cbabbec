// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.BlockConfig;
import dev.awp.config.GatedDeltaConfig;
import dev.awp.config.Mamba2Config;
import dev.awp.config.StepNorms;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A step of one block as data: x + f(norm(x)), with the linear layers of f, the sites that they
 * hang at, and its other tensors. Which sublayer computes f, {@code
 * dev.awp.model.sublayer.Sublayers} says.
 */
public sealed interface BlockStep
    permits AttentionStep, LatentAttentionStep, RecurrenceStep, MlpStep, MixtureStep, PerLayerStep {
  /** The steps of a block, in their order. */
  static List<BlockStep> of(ModelLayout layout, int block) {
    BlockConfig config = layout.config().block(block);
    List<BlockStep> steps = new ArrayList<>();
    config
        .ownAttention()
        .map(
            attention ->
                attention.latent().isPresent()
                    ? new LatentAttentionStep(layout, block)
                    : new AttentionStep(layout, block))
        .ifPresent(steps::add);
    config
        .recurrence()
        .map(
            recurrence ->
                switch (recurrence) {
                  case Mamba2Config _ -> new Mamba2Step(layout, block);
                  case GatedDeltaConfig _ -> new GatedDeltaStep(layout, block);
                })
        .ifPresent(steps::add);
    boolean mixture = config.experts().isPresent();
    config
        .ownMlp()
        .map(_ -> mixture ? new MixtureStep(layout, block) : new MlpStep(layout, block))
        .ifPresent(steps::add);
    config.perLayer().map(_ -> new PerLayerStep(layout, block)).ifPresent(steps::add);
    return List.copyOf(steps);
  }

  /** The model that it is of. */
  ModelLayout layout();

  /** Index of the block. */
  int block();

  /** Its place in the block. */
  Step step();

  StepNorms norms();

  /**
   * Whether a later step of the block adds its outputs to the hidden states: that one sees the same
   * ones.
   */
  default boolean addsLater() {
    return false;
  }

  /** The step before it in the block whose outputs it adds with its own, where there is one. */
  default Optional<BlockStep> joined() {
    return layout().architecture().parallel() && !addsLater()
        ? Optional.of(new AttentionStep(layout(), block()))
        : Optional.empty();
  }

  /** What its inputs are multiplied by behind their norm. */
  default float inputMultiplier() {
    return 1;
  }

  /** What its outputs are multiplied by before they are added to the hidden states. */
  default float multiplier() {
    return layout().config().multipliers().steps();
  }

  /**
   * The tensor of the block with the number that hidden states are multiplied by behind it, where
   * it is the last step of a block that has one.
   */
  default Optional<String> scalar() {
    return layout()
        .architecture()
        .blockScalar()
        .filter(_ -> layout().blockSteps(block()).getLast().step().equals(step()))
        .map(tensor -> layout().prefix(block()) + tensor);
  }

  /** Its linear layers, in the order in which data flows through them. */
  List<LinearLayer> linears();

  /** Whether one of its linear layers has a bias. */
  boolean hasBias(LinearLayer linear);

  /** Name and shape of its tensors beside norms and linear layers. */
  Map<String, List<Long>> others();

  /**
   * Whether the outputs of one of its linear layers are added to the hidden states as they are:
   * neither normed before, nor multiplied by anything, and the first to be added to them.
   */
  default boolean isAdded(LinearLayer linear) {
    return linear.site().next().isEmpty()
        && norms().after().isEmpty()
        && joined().isEmpty()
        && multiplier() == 1
        && scalar().isEmpty();
  }
}
