// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.MlpConfig;
import dev.awp.config.StepNorms;
import java.util.List;
import java.util.Map;

/** The feed-forward layer of a block. */
public record MlpStep(ModelLayout layout, int block) implements BlockStep {
  /** What the names of its projections begin with in the block. */
  public String module() {
    return layout.architecture().feedForward() + ".";
  }

  /** What config.json says of it. */
  public MlpConfig config() {
    return layout.config().block(block).mlp();
  }

  @Override
  public Step step() {
    return Step.MLP;
  }

  @Override
  public StepNorms norms() {
    return layout.architecture().norms().mlp();
  }

  @Override
  public float multiplier() {
    return BlockStep.super.multiplier() * layout.config().multipliers().sublayers().mlpOutput();
  }

  @Override
  public List<LinearLayer> linears() {
    StepLinears linears = new StepLinears(layout, block);
    linears.addFeedForward(module(), config().width(), config().gated());
    return linears.all();
  }

  @Override
  public boolean hasBias(LinearLayer linear) {
    return config().bias();
  }

  @Override
  public Map<String, List<Long>> others() {
    return Map.of();
  }
}
