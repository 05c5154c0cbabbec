// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.PerLayerConfig;
import dev.awp.config.PerLayerRule;
import dev.awp.config.StepNorms;
import java.util.List;
import java.util.Map;

/**
 * The last step of a block that has vectors of its own for each token: gates of the hidden states,
 * times the token's vector, and a projection of that.
 */
public record PerLayerStep(ModelLayout layout, int block) implements BlockStep {
  /** What config.json says of it. */
  public PerLayerConfig config() {
    return layout.config().block(block).perLayer().orElseThrow();
  }

  /** How its parts are called. */
  public PerLayerRule names() {
    return layout.architecture().perLayer().orElseThrow();
  }

  @Override
  public Step step() {
    return Step.PER_LAYER;
  }

  @Override
  public StepNorms norms() {
    return StepNorms.after(names().outputNorm());
  }

  @Override
  public List<LinearLayer> linears() {
    int hidden = layout.config().hiddenSize();
    int width = config().width();
    StepLinears linears = new StepLinears(layout, block);
    linears.add(List.of(names().gate()), List.of(width), InputSite.PER_LAYER_INPUT, hidden);
    linears.add(List.of(names().output()), List.of(hidden), InputSite.PER_LAYER_OUTPUT, width);
    return linears.all();
  }

  @Override
  public boolean hasBias(LinearLayer linear) {
    return false;
  }

  @Override
  public Map<String, List<Long>> others() {
    return Map.of();
  }
}
