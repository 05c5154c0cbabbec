// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format;

import static java.util.stream.Collectors.toMap;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.stored.StoredTensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What is known of a model before its first layer is solved. */
public final class ModelPlan {
  private static final String WEIGHT = ".weight";

  private final Checkpoint checkpoint;
  private final ModelLayout layout;
  private final Map<LinearLayer, LayerPlan> layers;
  private final long maxShardBytes;

  /**
   * A plan.
   *
   * @param checkpoint the original
   * @param layers the layers that will be compressed, in the order of the model
   * @param maxShardBytes data bytes of a written file, unless a single tensor is larger
   */
  public ModelPlan(
      Checkpoint checkpoint, ModelLayout layout, List<LayerPlan> layers, long maxShardBytes) {
    this.checkpoint = checkpoint;
    this.layout = layout;
    this.layers =
        layers.stream()
            .collect(toMap(LayerPlan::layer, plan -> plan, (a, _) -> a, LinkedHashMap::new));
    this.maxShardBytes = maxShardBytes;
  }

  public Checkpoint checkpoint() {
    return checkpoint;
  }

  public ModelLayout layout() {
    return layout;
  }

  public long maxShardBytes() {
    return maxShardBytes;
  }

  /** The layers that will be compressed, in the order of the model. */
  public List<LayerPlan> layers() {
    return List.copyOf(layers.values());
  }

  /** The plan of a layer that will be compressed. */
  public LayerPlan layer(LinearLayer layer) {
    LayerPlan plan = layers.get(layer);
    if (plan == null) {
      throw new IllegalArgumentException(layer.name() + " is not in the plan");
    }
    return plan;
  }

  /** Whether the output head is among the layers that will be compressed. */
  public boolean compressesHead() {
    return layout.head().filter(layers::containsKey).isPresent();
  }

  /** Names of the linear layers that stay as they are. */
  public List<String> untouched() {
    return layout.linears().stream()
        .filter(layer -> !layers.containsKey(layer))
        .map(LinearLayer::name)
        .toList();
  }

  /**
   * Names of all modules with a matrix that stays as it is, embeddings aside: those of {@link
   * #untouched}, routers of experts, the output head where it is not tied. Readers take every such
   * module for packed that they are not told to ignore.
   */
  public List<String> unpackedModules() {
    return otherTensors()
        .filter(view -> view.shape().size() == 2 && view.name().endsWith(WEIGHT))
        .map(view -> view.name().substring(0, view.name().length() - WEIGHT.length()))
        .filter(name -> !name.endsWith(layout().config().names().embeddings()))
        .toList();
  }

  /** The tensors of the original that are no compressed layer's weight, in its order. */
  public Stream<? extends StoredTensor> otherTensors() {
    Map<String, LayerPlan> weights =
        layers().stream().collect(toMap(plan -> plan.layer().weight(), plan -> plan));
    return checkpoint.tensors().stream().filter(view -> !weights.containsKey(view.name()));
  }
}
