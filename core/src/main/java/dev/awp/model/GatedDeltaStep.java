// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.GatedDeltaConfig;
import dev.awp.config.RecurrenceRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A gated delta net of a block: projections of the step's input, one of what all heads give. */
public record GatedDeltaStep(ModelLayout layout, int block) implements RecurrenceStep {
  @Override
  public GatedDeltaConfig config() {
    return (GatedDeltaConfig) layout.config().block(block).recurrence().orElseThrow();
  }

  private RecurrenceRule.GatedDelta rule() {
    return (RecurrenceRule.GatedDelta) layout.architecture().recurrence().orElseThrow();
  }

  /**
   * Whether queries, keys, values and gates lie head by head in one layer, betas and decays in
   * another; otherwise queries, keys and values lie in one, and each of the others in its own.
   */
  public boolean isInterleaved() {
    return rule().interleaved();
  }

  /** Of the step's input. */
  public List<String> inputs() {
    return isInterleaved()
        ? List.of(module() + "in_proj_qkvz", module() + "in_proj_ba")
        : List.of(
            module() + "in_proj_qkv",
            module() + "in_proj_z",
            module() + "in_proj_b",
            module() + "in_proj_a");
  }

  /** Outputs of each of these. */
  public List<Integer> outputs() {
    GatedDeltaConfig own = config();
    return isInterleaved()
        ? List.of(own.convolved() + own.width(), 2 * own.heads())
        : List.of(own.convolved(), own.width(), own.heads(), own.heads());
  }

  @Override
  public List<LinearLayer> linears() {
    int hidden = layout.config().hiddenSize();
    StepLinears linears = new StepLinears(layout, block);
    linears.add(inputs(), outputs(), InputSite.RECURRENCE_INPUT, hidden);
    linears.add(List.of(output()), List.of(hidden), InputSite.RECURRENCE_OUTPUT, config().width());
    return linears.all();
  }

  @Override
  public boolean hasBias(LinearLayer linear) {
    return false;
  }

  @Override
  public Map<String, List<Long>> others() {
    String prefix = layout.prefix(block);
    long heads = config().heads();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put(
        prefix + convolution(), List.of((long) config().convolved(), 1L, (long) config().kernel()));
    shapes.put(prefix + logDecay(), List.of(heads));
    shapes.put(prefix + stepBias(), List.of(heads));
    shapes.put(prefix + norm(), List.of((long) config().valueDimension()));
    return shapes;
  }
}
