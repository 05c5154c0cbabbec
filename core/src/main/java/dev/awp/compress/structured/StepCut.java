// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.config.MlpConfig;
import dev.awp.model.AttentionStep;
import dev.awp.model.BlockStep;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.stored.CutTensor;
import dev.awp.stored.StoredTensor;
import dev.awp.structured.Units;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Which rows and columns of a step's tensors go with a unit: those of the layers that make its
 * values, and of the one layer that reads them.
 *
 * @param consumer the layer that reads the units
 * @param units of its columns
 * @param producers of each other layer, its parts of rows behind each other, each as units
 */
record StepCut(
    BlockStep step, LinearLayer consumer, Units units, Map<LinearLayer, List<Units>> producers)
    implements Cut {
  /**
   * The cut of a step of a block without experts; nothing where it has no units, as recurrences and
   * vectors of tokens.
   */
  static Optional<StepCut> of(ModelLayout layout, int block, Step step) {
    boolean whole = step.equals(Step.RECURRENCE) || step.equals(Step.PER_LAYER);
    return whole ? Optional.empty() : Optional.of(made(layout, block, step));
  }

  private static StepCut made(ModelLayout layout, int block, Step step) {
    BlockStep own =
        layout.blockSteps(block).stream()
            .filter(candidate -> candidate.step().equals(step))
            .findFirst()
            .orElseThrow();
    List<LinearLayer> linears = own.linears();
    LinearLayer consumer = linears.getLast();
    List<LinearLayer> makers = linears.subList(0, linears.size() - 1);
    List<Units> parts = parts(layout, own);
    Map<LinearLayer, List<Units>> producers = new LinkedHashMap<>();
    for (int i = 0; i < makers.size(); i++) {
      // One layer makes all parts where they are fused.
      producers.put(makers.get(i), makers.size() == 1 ? parts : List.of(parts.get(i)));
    }
    int count = parts.getFirst().count();
    Units units = new Units(count, consumer.columns() / count);
    return new StepCut(own, consumer, units, producers);
  }

  /** The units of the outputs that a step makes of its inputs, in their order. */
  private static List<Units> parts(ModelLayout layout, BlockStep step) {
    if (step.step().equals(Step.MLP)) {
      MlpConfig mlp = layout.config().block(step.block()).mlp();
      Units neurons = new Units(mlp.width(), 1);
      return mlp.gated() ? List.of(neurons, neurons) : List.of(neurons);
    }
    AttentionStep attention = new AttentionStep(layout, step.block());
    int groups = attention.config().keyValueHeads();
    // Gates of outputs lie behind the queries of each head; keys may be values, or another block's.
    return attention.inputRows().stream().map(rows -> new Units(groups, rows / groups)).toList();
  }

  @Override
  public int count() {
    return units.count();
  }

  @Override
  public List<CutTensor> tensors(Checkpoint original, UnaryOperator<String> name, int... kept) {
    List<CutTensor> tensors = new ArrayList<>();
    for (LinearLayer layer : step.linears()) {
      int[] rows = rows(layer, kept);
      StoredTensor weight = original.tensor(layer.weight());
      tensors.add(new CutTensor(name.apply(layer.weight()), weight, rows, columns(layer, kept)));
      if (step.hasBias(layer)) {
        StoredTensor bias = original.tensor(layer.bias());
        tensors.add(new CutTensor(name.apply(layer.bias()), bias, new int[] {0}, rows));
      }
    }
    return tensors;
  }

  /** The rows of a layer that stay with some units. */
  int[] rows(LinearLayer layer, int... kept) {
    if (layer.equals(consumer)) {
      return IntStream.range(0, layer.rows()).toArray();
    }
    List<Integer> rows = new ArrayList<>();
    int from = 0;
    for (Units part : producers.get(layer)) {
      int first = from;
      IntStream.of(part.columns(kept)).forEach(row -> rows.add(first + row));
      from += part.columns();
    }
    return rows.stream().mapToInt(row -> row).toArray();
  }

  /** The columns of a layer that stay with some units. */
  private int[] columns(LinearLayer layer, int... kept) {
    return layer.equals(consumer)
        ? units.columns(kept)
        : IntStream.range(0, layer.columns()).toArray();
  }
}
