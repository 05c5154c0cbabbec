// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.GatedNorm;
import dev.awp.config.Mamba2Config;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Mamba-2 of a block: one projection of the step's input, one of what all heads give. */
public record Mamba2Step(ModelLayout layout, int block) implements RecurrenceStep {
  @Override
  public Mamba2Config config() {
    return (Mamba2Config) layout.config().block(block).recurrence().orElseThrow();
  }

  /** Of the step's input: gates, inputs of the convolution, and steps. */
  public String input() {
    return module() + "in_proj";
  }

  /** Tensor of the block: the bias of the convolution. */
  public String convolutionBias() {
    return module() + "conv1d.bias";
  }

  /** Tensor of the block: D of every head. */
  public String skip() {
    return module() + "D";
  }

  @Override
  public Optional<BlockStep> joined() {
    return layout.config().block(block).ownAttention().map(_ -> new AttentionStep(layout, block));
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
