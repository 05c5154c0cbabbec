// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointView;
import dev.awp.checkpoint.ConfigCorrections;
import dev.awp.checkpoint.ConfigSizes;
import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.config.MlpConfig;
import dev.awp.config.ModelConfig;
import dev.awp.model.BlockStep;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.report.StructureReport.Shape;
import dev.awp.report.StructureReport.Size;
import dev.awp.stored.CutTensor;
import dev.awp.stored.SharedTensor;
import dev.awp.stored.StoredTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A checkpoint as it will be once parts of it are removed: names, shapes and configuration. Until
 * units are chosen, the first of each layer stand for those that stay. Borrows the original.
 */
public final class PrunedCheckpoint extends CheckpointView {
  private final ModelConfig config;
  private final ModelLayout before;
  private final Shape shape;
  private final boolean changed;

  /** A checkpoint with blocks of such a shape. */
  public PrunedCheckpoint(Checkpoint original, Shape shape) {
    super(original);
    this.shape = shape;
    this.before = ModelLayout.of(original.config());
    this.config = pruned(original.config(), shape);
    this.changed = !config.blocks().equals(original.config().blocks());
    addTensors();
  }

  /** A configuration with blocks of such a shape. */
  static ModelConfig pruned(ModelConfig whole, Shape shape) {
    List<BlockConfig> blocks = new ArrayList<>();
    for (int i = 0; i < shape.blocks().size(); i++) {
      BlockConfig block = whole.block(shape.blocks().get(i));
      Size size = shape.size(i);
      AttentionConfig attention = block.attention();
      MlpConfig mlp = block.mlp();
      blocks.add(
          new BlockConfig(
              attention.withGroups(size.groups()), mlp.withWidth(size.neurons()), block.experts()));
    }
    return whole.withBlocks(blocks);
  }

  private void addTensors() {
    Map<String, StoredTensor> ofBlocks = new HashMap<>();
    for (int index : shape.blocks()) {
      for (BlockStep step : before.blockSteps(index)) {
        StepCut cut = StepCut.of(before, index, step.step());
        cut(cut, IntStream.range(0, kept(cut)).toArray())
            .forEach(tensor -> ofBlocks.put(tensor.original().name(), tensor));
      }
    }
    for (StoredTensor tensor : original().tensors()) {
      Optional<String> name = name(tensor.name());
      if (name.isPresent()) {
        StoredTensor own = ofBlocks.get(tensor.name());
        tensors.put(
            name.get(),
            own != null
                ? own
                : name.get().equals(tensor.name()) ? tensor : new SharedTensor(name.get(), tensor));
      }
    }
  }

  /** The layout of the original. */
  ModelLayout before() {
    return before;
  }

  /** What a block has left. */
  Shape shape() {
    return shape;
  }

  /** How many units of a step stay. */
  int kept(StepCut cut) {
    Size size = shape.size(index(cut.consumer().block()));
    return cut.step().step().equals(Step.MLP) ? size.neurons() : size.groups();
  }

  /** The index here of a block of the original that stays. */
  int index(int block) {
    return shape.blocks().indexOf(block);
  }

  /** What a tensor of the original is called here; nothing where its block was removed. */
  private Optional<String> name(String tensor) {
    for (int block = 0; block < before.config().layers(); block++) {
      String prefix = before.prefix(block);
      if (tensor.startsWith(prefix)) {
        int index = index(block);
        return index < 0
            ? Optional.empty()
            : Optional.of(before.prefix(index) + tensor.substring(prefix.length()));
      }
    }
    return Optional.of(tensor);
  }

  /** The weights and biases of a step, as far as they stay with some units. */
  List<CutTensor> cut(StepCut cut, int... kept) {
    List<CutTensor> tensors = new ArrayList<>();
    for (LinearLayer layer : cut.step().linears()) {
      int[] rows = cut.rows(layer, kept);
      StoredTensor weight = original().tensor(layer.weight());
      tensors.add(
          new CutTensor(
              name(layer.weight()).orElseThrow(), weight, rows, cut.columns(layer, kept)));
      if (cut.step().hasBias(layer)) {
        StoredTensor bias = original().tensor(layer.bias());
        tensors.add(new CutTensor(name(layer.bias()).orElseThrow(), bias, new int[] {0}, rows));
      }
    }
    return tensors;
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public ConfigCorrections corrections() {
    ConfigCorrections own = super.corrections();
    return changed ? own.withSizes(sizes()) : own;
  }

  private ConfigSizes sizes() {
    List<AttentionConfig> attention = config.blocks().stream().map(BlockConfig::attention).toList();
    Set<Integer> sliding =
        before.config().slidingBlocks().stream()
            .filter(shape.blocks()::contains)
            .collect(Collectors.toSet());
    return new ConfigSizes(
        config.blocks().stream().map(block -> block.mlp().width()).toList(),
        attention.stream().map(AttentionConfig::heads).toList(),
        attention.stream().map(AttentionConfig::keyValueHeads).toList(),
        attention.getFirst().headDimension(),
        shape.blocks(),
        sliding);
  }

  /** The original's to close. */
  @Override
  public void close() {}
}
