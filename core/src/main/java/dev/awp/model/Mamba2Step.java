// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.GatedNorm;
import dev.awp.config.Mamba2Config;
import dev.awp.config.StepNorms;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Mamba-2 of a block: one projection of the step's input, one of what all heads give. */
public record Mamba2Step(ModelLayout layout, int block) implements BlockStep {
  /** What config.json says of it. */
  public Mamba2Config config() {
    return (Mamba2Config) layout.config().block(block).recurrence().orElseThrow();
  }

  /** What the names of its tensors begin with in the block. */
  public String module() {
    return layout.architecture().recurrence().orElseThrow().module() + ".";
  }

  /** Of the step's input: gates, inputs of the convolution, and steps. */
  public String input() {
    return module() + "in_proj";
  }

  /** Of what the heads give. */
  public String output() {
    return module() + "out_proj";
  }

  /** Tensor of the block: the convolution of x, B and C, channel by channel. */
  public String convolution() {
    return module() + "conv1d.weight";
  }

  /** Tensor of the block: its bias. */
  public String convolutionBias() {
    return module() + "conv1d.bias";
  }

  /** Tensor of the block: log(-A) of every head. */
  public String logDecay() {
    return module() + "A_log";
  }

  /** Tensor of the block: D of every head. */
  public String skip() {
    return module() + "D";
  }

  /** Tensor of the block: what is added to the steps of every head. */
  public String stepBias() {
    return module() + "dt_bias";
  }

  /** Tensor of the block: weights of the norm of what the heads give. */
  public String norm() {
    return module() + "norm.weight";
  }

  @Override
  public Step step() {
    return Step.RECURRENCE;
  }

  @Override
  public StepNorms norms() {
    return layout.architecture().norms().attention();
  }

  @Override
  public Optional<BlockStep> joined() {
    return layout.config().block(block).ownAttention().map(_ -> new AttentionStep(layout, block));
  }

  @Override
  public float inputMultiplier() {
    return layout.config().multipliers().sublayers().recurrenceInput();
  }

  @Override
  public float multiplier() {
    return BlockStep.super.multiplier()
        * layout.config().multipliers().sublayers().recurrenceOutput();
  }

  @Override
  public List<LinearLayer> linears() {
    int hidden = layout.config().hiddenSize();
    StepLinears linears = new StepLinears(layout, block);
    linears.add(
        List.of(input()), List.of(config().projected()), InputSite.RECURRENCE_INPUT, hidden);
    linears.add(List.of(output()), List.of(hidden), InputSite.RECURRENCE_OUTPUT, config().width());
    return linears.all();
  }

  @Override
  public boolean hasBias(LinearLayer linear) {
    return linear.site().equals(InputSite.RECURRENCE_INPUT)
        ? config().inputBias()
        : config().outputBias();
  }

  @Override
  public Map<String, List<Long>> others() {
    String prefix = layout.prefix(block);
    long heads = config().heads();
    long channels = config().convolved();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put(prefix + convolution(), List.of(channels, 1L, (long) config().kernel()));
    if (config().convolutionBias()) {
      shapes.put(prefix + convolutionBias(), List.of(channels));
    }
    shapes.put(prefix + logDecay(), List.of(heads));
    shapes.put(prefix + skip(), List.of(heads));
    shapes.put(prefix + stepBias(), List.of(heads));
    if (config().norm() != GatedNorm.NONE) {
      shapes.put(prefix + norm(), List.of((long) config().width()));
    }
    return shapes;
  }
}
