// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.AttentionConfig;
import dev.awp.config.StepNorms;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Attention of a block: q, k and v projections of the step's input, one of the heads' outputs. */
public record AttentionStep(ModelLayout layout, int block) implements BlockStep {
  private static final String MODULE = "self_attn.";

  /** Tensor of the block with one score a head that has no value. */
  public static final String SINKS = MODULE + "sinks";

  /** What config.json says of it. */
  public AttentionConfig config() {
    return layout.config().block(block).attention();
  }

  @Override
  public Step step() {
    return Step.ATTENTION;
  }

  @Override
  public StepNorms norms() {
    return layout.architecture().norms().attention();
  }

  @Override
  public boolean addsLater() {
    return layout.architecture().parallel()
        || layout.config().block(block).recurrence().isPresent();
  }

  @Override
  public float inputMultiplier() {
    return layout.config().multipliers().sublayers().attentionInput();
  }

  @Override
  public float multiplier() {
    return BlockStep.super.multiplier()
        * layout.config().multipliers().sublayers().attentionOutput();
  }

  @Override
  public List<LinearLayer> linears() {
    int hidden = layout.config().hiddenSize();
    int queries = config().queryWidth();
    int queryRows = config().queryRows();
    int keys = config().keyValueWidth();
    StepLinears linears = new StepLinears(layout, block);
    linears.add(
        layout.architecture().projections().attention(),
        List.of(queryRows, keys, keys),
        InputSite.ATTENTION_INPUT,
        hidden);
    linears.add(List.of("self_attn.o_proj"), List.of(hidden), InputSite.ATTENTION_OUTPUT, queries);
    return linears.all();
  }

  @Override
  public boolean hasBias(LinearLayer linear) {
    return linear.site().equals(InputSite.ATTENTION_INPUT)
        ? config().inputBias()
        : config().outputBias();
  }

  @Override
  public Map<String, List<Long>> others() {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    String module = layout.prefix(block) + MODULE;
    long head = config().headDimension();
    if (config().scores().sinks()) {
      shapes.put(layout.prefix(block) + SINKS, List.of((long) config().heads()));
    }
    switch (config().queryKeyNorm()) {
      case NONE, ROTATED_HEADS -> {}
      case HEADS -> {
        shapes.put(module + "q_norm.weight", List.of(head));
        shapes.put(module + "k_norm.weight", List.of(head));
      }
      case HEADS_APART -> {
        shapes.put(module + "q_norm.weight", List.of((long) config().heads(), head));
        shapes.put(module + "k_norm.weight", List.of((long) config().keyValueHeads(), head));
      }
      case TOGETHER -> {
        shapes.put(module + "q_norm.weight", List.of((long) config().queryWidth()));
        shapes.put(module + "k_norm.weight", List.of((long) config().keyValueWidth()));
      }
    }
    return shapes;
  }
}
