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
  /** What the names of its tensors begin with in the block. */
  public String module() {
    return layout.architecture().attention() + ".";
  }

  /**
   * Modules that make queries, keys and values, in this order; no values where keys are these, and
   * queries alone where both are another block's.
   */
  public List<String> inputs() {
    return layout.architecture().projections().attention().stream()
        .limit(inputRows().size())
        .map(name -> module() + name)
        .toList();
  }

  /** Outputs of queries, keys and values, in this order, as far as there are projections. */
  public List<Integer> inputRows() {
    int keys = config().keyValueWidth();
    if (config().keyValues().sharedFrom().isPresent()) {
      return List.of(config().queryRows());
    }
    return config().keyValues().keysAreValues()
        ? List.of(config().queryRows(), keys)
        : List.of(config().queryRows(), keys, keys);
  }

  /** Module of what all heads gather. */
  public String output() {
    return module() + "o_proj";
  }

  /** Module of the norm of queries. */
  public String queryNorm() {
    return module() + "q_norm";
  }

  /** Module of the norm of keys. */
  public String keyNorm() {
    return module() + "k_norm";
  }

  /** Tensor of the block with one score a head that has no value. */
  public String sinks() {
    return module() + "sinks";
  }

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
    StepLinears linears = new StepLinears(layout, block);
    linears.add(inputs(), inputRows(), InputSite.ATTENTION_INPUT, hidden);
    linears.add(List.of(output()), List.of(hidden), InputSite.ATTENTION_OUTPUT, queries);
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
    String query = layout.prefix(block) + queryNorm() + ".weight";
    String key = layout.prefix(block) + keyNorm() + ".weight";
    long head = config().headDimension();
    if (config().scores().sinks()) {
      shapes.put(layout.prefix(block) + sinks(), List.of((long) config().heads()));
    }
    switch (config().queryKeyNorm()) {
      case NONE, ROTATED_HEADS -> {}
      case HEADS -> {
        shapes.put(query, List.of(head));
        if (config().keyValues().sharedFrom().isEmpty()) {
          shapes.put(key, List.of(head));
        }
      }
      case HEADS_APART -> {
        shapes.put(query, List.of((long) config().heads(), head));
        shapes.put(key, List.of((long) config().keyValueHeads(), head));
      }
      case TOGETHER -> {
        shapes.put(query, List.of((long) config().queryWidth()));
        shapes.put(key, List.of((long) config().keyValueWidth()));
      }
    }
    return shapes;
  }
}
