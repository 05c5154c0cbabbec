// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.safetensors;

import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;

import dev.awp.checkpoint.CompanionFiles;
import dev.awp.checkpoint.ExpertSlices;
import dev.awp.disk.WrittenPiece;
import dev.awp.format.FormatWriter;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.model.WeightSource;
import dev.awp.safetensors.ShardSet;
import dev.awp.solver.Solution;
import dev.awp.stored.StackSlice;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/** A checkpoint folder of safetensors files in which other tensors replace the layers' weights. */
public final class SafetensorsWriter implements FormatWriter {
  private final ModelPlan plan;
  private final LayerFormat format;
  private final ShardSet shards;

  private SafetensorsWriter(ModelPlan plan, LayerFormat format, ShardSet shards) {
    this.plan = plan;
    this.format = format;
    this.shards = shards;
  }

  /**
   * Begins a folder: its companion files and all tensors that are no compressed layer's.
   *
   * @param kernels decode tensors that cannot be copied
   * @param configure changes the companion files
   */
  public static SafetensorsWriter create(
      Path folder, ModelPlan plan, LayerFormat format, Kernels kernels, Consumer<Path> configure) {
    CompanionFiles.copy(plan.checkpoint().companions(), folder);
    ConfigFiles.correct(folder, plan.checkpoint().corrections());
    configure.accept(folder);
    ShardSet shards = ShardSet.create(folder, tensors(plan, format), plan.maxShardBytes());
    try {
      List<TensorSpec> grids =
          plan.layers().stream().flatMap(layer -> format.gridTensors(layer).stream()).toList();
      if (!grids.isEmpty()) {
        shards.addFile(GridFile.NAME, grids);
      }
      UnsolvedTensors others = new UnsolvedTensors(kernels);
      plan.otherTensors().forEach(tensor -> others.write(tensor, shards));
      return new SafetensorsWriter(plan, format, shards);
    } catch (RuntimeException e) {
      shards.close();
      throw e;
    }
  }

  /** A layer's tensors where its weight was: shards stay as alike to the original's as can be. */
  private static List<TensorSpec> tensors(ModelPlan plan, LayerFormat format) {
    Map<String, LayerPlan> layers = byWeight(plan);
    Map<String, StackSlice> slices = ExpertSlices.of(plan.layout().config());
    List<TensorSpec> tensors = new ArrayList<>();
    for (StoredTensor tensor : plan.checkpoint().tensors()) {
      LayerPlan layer = layers.get(tensor.name());
      if (layer == null) {
        tensors.add(UnsolvedTensors.spec(tensor));
      } else {
        tensors.addAll(format.tensors(layer));
      }
    }
    return together(tensors, slices) ? tensors.stream().map(t -> in(slices, t)).toList() : tensors;
  }

  /** Whether no expert that lies with others has become codes: these have no place there. */
  private static boolean together(List<TensorSpec> tensors, Map<String, StackSlice> slices) {
    Set<String> names = tensors.stream().map(TensorSpec::name).collect(toSet());
    return slices.keySet().stream()
        .filter(name -> name.endsWith(".weight"))
        .allMatch(names::contains);
  }

  private static TensorSpec in(Map<String, StackSlice> slices, TensorSpec tensor) {
    StackSlice slice = slices.get(tensor.name());
    return slice == null ? tensor : tensor.in(slice);
  }

  private static Map<String, LayerPlan> byWeight(ModelPlan plan) {
    return plan.layers().stream().collect(toMap(layer -> layer.layer().weight(), layer -> layer));
  }

  @Override
  public List<WrittenPiece> write(LinearLayer layer, Solution solution) {
    List<WrittenPiece> pieces = new ArrayList<>();
    format.encode(
        plan.layer(layer),
        solution,
        (name, bytes) -> {
          shards.write(name, bytes);
          pieces.add(shards.piece(name, bytes));
        });
    return pieces;
  }

  @Override
  public boolean holds(List<WrittenPiece> pieces) {
    return shards.holds(pieces);
  }

  @Override
  public void restore(List<WrittenPiece> pieces) {
    shards.restore(pieces);
  }

  @Override
  public void reopen(List<WrittenPiece> pieces) {
    shards.reopen(pieces);
  }

  @Override
  public WeightSource read(Arena arena) {
    Map<String, LayerPlan> layers = byWeight(plan);
    Map<String, StoredTensor> open = new ConcurrentHashMap<>();
    Function<String, TensorView> stored = name -> shards.readBack(name, arena);
    return wanted ->
        open.computeIfAbsent(
            wanted,
            name ->
                layers.containsKey(name)
                    ? format.open(layers.get(name), stored)
                    : stored.apply(name));
  }

  @Override
  public void force() {
    shards.force();
  }

  @Override
  public void finish() {
    shards.finish();
  }

  @Override
  public void close() {
    shards.close();
  }
}
