// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.CheckpointView;
import dev.awp.checkpoint.ConfigCorrections;
import dev.awp.checkpoint.ConfigSizes;
import dev.awp.checkpoint.ExpertCount;
import dev.awp.config.Architecture;
import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.config.ExpertRule;
import dev.awp.config.GatedDeltaConfig;
import dev.awp.config.KeySharing;
import dev.awp.config.KeyValueConfig;
import dev.awp.config.ModelConfig;
import dev.awp.model.MixtureStep;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.report.StructureReport.Shape;
import dev.awp.report.StructureReport.Size;
import dev.awp.stored.CutTensor;
import dev.awp.stored.SharedTensor;
import dev.awp.stored.StoredTensor;
import dev.awp.structured.Units;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A checkpoint as it will be once parts of it are removed: names, shapes and configuration. Until
 * units are chosen, the first of each layer stand for those that stay. Borrows the original.
 */
public final class PrunedCheckpoint extends CheckpointView {
  private final ModelConfig config;
  private final ModelLayout before;
  private final Shape shape;
  private final boolean changed;

  /** By name, what lies before all blocks and has a part for each of them, of those that stay. */
  private final Map<String, CutTensor> ofTokens;

  /** A checkpoint with blocks of such a shape. */
  public PrunedCheckpoint(Checkpoint original, Shape shape) {
    super(original);
    this.shape = shape;
    this.before = ModelLayout.of(original.config());
    this.config = pruned(original.config(), shape);
    this.changed = !config.blocks().equals(original.config().blocks());
    this.ofTokens = ofTokens();
    addTensors();
  }

  /** A configuration with blocks of such a shape. */
  static ModelConfig pruned(ModelConfig whole, Shape shape) {
    if (shape.experts() > 0) {
      return whole.withBlocks(
          shape.blocks().stream()
              .map(block -> whole.block(block).withExperts(shape.experts()))
              .toList());
    }
    List<BlockConfig> blocks = new ArrayList<>();
    for (int i = 0; i < shape.blocks().size(); i++) {
      BlockConfig block = whole.block(shape.blocks().get(i));
      Size size = shape.size(i);
      blocks.add(
          new BlockConfig(
              block
                  .ownAttention()
                  .filter(_ -> size.hasAttention())
                  .map(own -> own.withGroups(groups(whole, own.keyValueHeads(), size)))
                  .map(own -> own.withKeyValues(moved(own.keyValues(), shape))),
              block.recurrence(),
              block.ownMlp().map(mlp -> mlp.withWidth(neurons(whole, mlp.width(), size))),
              block.experts(),
              block.perLayer()));
    }
    return whole.withBlocks(blocks);
  }

  private static KeyValueConfig moved(KeyValueConfig own, Shape shape) {
    return own.withSharedFrom(block -> shape.blocks().indexOf(block));
  }

  /**
   * How many neurons a block of a size keeps: of wider blocks the same share.
   *
   * @param width of the block
   */
  private static int neurons(ModelConfig whole, int width, Size size) {
    return share(size.neurons(), width, whole.mlp().orElseThrow().width());
  }

  /**
   * How many key/value heads a block of a size keeps: of blocks with more or fewer the same share.
   *
   * @param count of the block
   */
  private static int groups(ModelConfig whole, int count, Size size) {
    return share(size.groups(), count, whole.attention().orElseThrow().keyValueHeads());
  }

  /** How many neurons or key/value heads of a step stay in a size; 0 where it has none. */
  static int units(ModelConfig whole, int block, Step step, Size size) {
    BlockConfig own = whole.block(block);
    if (step.equals(Step.MLP)) {
      return neurons(whole, own.mlp().width(), size);
    }
    return step.equals(Step.ATTENTION) ? groups(whole, own.attention().keyValueHeads(), size) : 0;
  }

  private static int share(int kept, int own, int usual) {
    return Math.toIntExact((long) kept * own / usual);
  }

  private Map<String, CutTensor> ofTokens() {
    Map<String, CutTensor> cuts = new HashMap<>();
    if (before.tokenTable().isEmpty() || config.layers() == before.config().layers()) {
      return cuts;
    }
    int width = before.config().perLayer().orElseThrow().width();
    int[] parts =
        new Units(before.config().layers(), width).columns(StructuredPass.indices(shape.blocks()));
    StoredTensor table = original().tensor(before.tokenTable().get());
    int[] tokens = IntStream.range(0, CutTensor.rows(table)).toArray();
    cuts.put(table.name(), new CutTensor(table.name(), table, tokens, parts));
    StoredTensor projection = original().tensor(before.tokenProjection().orElseThrow());
    int[] inputs = IntStream.range(0, CutTensor.columns(projection)).toArray();
    cuts.put(projection.name(), new CutTensor(projection.name(), projection, parts, inputs));
    return cuts;
  }

  /** Whether a tensor is written with a step, when its units are chosen. */
  boolean isOfStep(String name) {
    return tensors.get(name) instanceof CutTensor && !ofTokens.containsKey(name);
  }

  private void addTensors() {
    Map<String, StoredTensor> ofBlocks = new HashMap<>(ofTokens);
    for (int block : shape.blocks()) {
      for (Cut cut : cuts(block)) {
        cut(cut, IntStream.range(0, kept(cut)).toArray())
            .forEach(tensor -> ofBlocks.put(tensor.name(), tensor));
      }
    }
    Set<String> known = before.shapes().keySet();
    Set<String> needed = ModelLayout.of(config).shapes().keySet();
    for (StoredTensor tensor : original().tensors()) {
      Optional<String> name =
          name(tensor.name()).filter(own -> needed.contains(own) || !known.contains(tensor.name()));
      if (name.isPresent()) {
        StoredTensor own = ofBlocks.get(name.get());
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

  /**
   * How the steps of a block of the original are cut, in their order; not those left as they are.
   */
  List<Cut> cuts(int block) {
    return before.steps(block).stream().flatMap(step -> cut(block, step).stream()).toList();
  }

  /** Whether a step of a block of the original that stays is there. */
  boolean has(int block, Step step) {
    return !step.equals(Step.ATTENTION) || shape.size(index(block)).hasAttention();
  }

  /**
   * How a step of a block of the original that stays is cut; nothing where it is left as it is, or
   * not there.
   */
  Optional<Cut> cut(int block, Step step) {
    if (!has(block, step)) {
      return Optional.empty();
    }
    if (shape.experts() == 0) {
      return StepCut.of(before, block, step).map(Cut.class::cast);
    }
    return before.blockSteps(block).stream()
        .filter(own -> own.step().equals(step))
        .flatMap(own -> own instanceof MixtureStep mixture ? Stream.of(mixture) : Stream.empty())
        .<Cut>map(ExpertCut::new)
        .findFirst();
  }

  /** How many units of a step stay. */
  int kept(Cut cut) {
    Size size = shape.size(index(cut.step().block()));
    return switch (cut) {
      case ExpertCut _ -> shape.experts();
      case StepCut own -> units(before.config(), own.step().block(), own.step().step(), size);
    };
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

  /** The tensors of a step, as far as they stay with some units. */
  List<CutTensor> cut(Cut cut, int... kept) {
    return cut.tensors(original(), tensor -> name(tensor).orElseThrow(), kept);
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public ConfigCorrections corrections() {
    ConfigCorrections own = super.corrections();
    if (!changed) {
      return own;
    }
    return shape.experts() > 0
        ? own.withExperts(
            new ExpertCount(
                config.architecture().experts().orElseThrow().countKeys(), shape.experts()))
        : own.withSizes(sizes());
  }

  private ConfigSizes sizes() {
    // What config.json says of heads is of blocks that may have attention: all of them where none
    // has anything in its place.
    List<Optional<AttentionConfig>> attention =
        config.blocks().stream()
            .filter(block -> !isMixed() || block.ownAttention().isPresent())
            .map(BlockConfig::ownAttention)
            .toList();
    Architecture architecture = config.architecture();
    return new ConfigSizes(
        architecture.experts().flatMap(ExpertRule::denseWidthKey).orElse("intermediate_size"),
        IntStream.range(0, config.layers())
            .filter(index -> config.block(index).ownMlp().isPresent())
            .mapToObj(index -> shape.size(index).neurons())
            .toList(),
        attention.stream().map(own -> own.map(AttentionConfig::heads).orElse(0)).toList(),
        attention.stream().map(own -> own.map(AttentionConfig::keyValueHeads).orElse(0)).toList(),
        before.config().attention().orElseThrow().headDimension(),
        shape.blocks(),
        types(),
        architecture.globalHeads(),
        architecture.keySharing().map(KeySharing::countKey),
        config.sharingBlocks());
  }

  private boolean isMixed() {
    return config.architecture().recurrence().isPresent();
  }

  /** Kinds of the blocks, where a rule of the original's that counts them would say others. */
  private List<String> types() {
    if (config.recurrence().filter(GatedDeltaConfig.class::isInstance).isPresent()) {
      return types("linear_attention", block -> block.recurrence().isPresent());
    }
    List<String> sliding =
        types(
            "sliding_attention",
            block -> block.ownAttention().filter(own -> own.window().isPresent()).isPresent());
    boolean kinds = config.architecture().globalHeads().isPresent();
    return kinds || sliding.stream().distinct().count() > 1 ? sliding : List.of();
  }

  private List<String> types(String name, Predicate<BlockConfig> has) {
    return config.blocks().stream()
        .map(block -> has.test(block) ? name : "full_attention")
        .toList();
  }

  /** The original's to close. */
  @Override
  public void close() {}
}
