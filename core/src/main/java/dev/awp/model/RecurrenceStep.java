// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.Recurrence;
import dev.awp.config.StepNorms;

/** A recurrence of a block: projections of the step's input, one of what all heads give. */
public sealed interface RecurrenceStep extends BlockStep permits Mamba2Step, GatedDeltaStep {
  /** What config.json says of it. */
  Recurrence config();

  /** What the names of its tensors begin with in the block. */
  default String module() {
    return layout().architecture().recurrence().orElseThrow().module() + ".";
  }

  /** Of what the heads give. */
  default String output() {
    return module() + "out_proj";
  }

  /** Tensor of the block: the convolution, channel by channel. */
  default String convolution() {
    return module() + "conv1d.weight";
  }

  /** Tensor of the block: log(-A) of every head. */
  default String logDecay() {
    return module() + "A_log";
  }

  /** Tensor of the block: what is added to the steps of every head. */
  default String stepBias() {
    return module() + "dt_bias";
  }

  /** Tensor of the block: weights of the norm of what the heads give. */
  default String norm() {
    return module() + "norm.weight";
  }

  @Override
  default Step step() {
    return Step.RECURRENCE;
  }

  @Override
  default StepNorms norms() {
    return layout().architecture().norms().attention();
  }

  @Override
  default float inputMultiplier() {
    return layout().config().multipliers().sublayers().recurrenceInput();
  }

  @Override
  default float multiplier() {
    return BlockStep.super.multiplier()
        * layout().config().multipliers().sublayers().recurrenceOutput();
  }
}
