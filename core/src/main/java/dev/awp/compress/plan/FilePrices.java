// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.format.ModelPlan;
import dev.awp.format.PlannedSizes;
import dev.awp.model.LinearLayer;
import dev.awp.recipe.FusedLayers;
import dev.awp.recipe.LayerSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Layers in a file whose size is known to the byte. What one candidate makes of a tensor does not
 * depend on what others have: a ladder's types either fit rows as they are, or fill them up alike.
 */
final class FilePrices implements Prices {
  private final Map<LinearLayer, List<LayerSettings>> candidates;

  /** For each candidate the bytes of tensors, by the names of weights in them. */
  private final List<Map<Set<String>, Long>> tensors = new ArrayList<>();

  private final List<List<LinearLayer>> groups;
  private final long others;

  /**
   * Takes the sizes of all candidates.
   *
   * @param fused whether layers with the same inputs must have the same candidate
   * @param plans makes a plan of one candidate for each layer
   */
  FilePrices(
      Map<LinearLayer, List<LayerSettings>> candidates,
      boolean fused,
      PlannedSizes sizes,
      Function<Map<LinearLayer, LayerSettings>, ModelPlan> plans) {
    this.candidates = candidates;
    int most = candidates.values().stream().mapToInt(List::size).max().orElse(0);
    for (int i = 0; i < most; i++) {
      tensors.add(sizes.tensorBytes(plans.apply(those(i))));
    }
    this.groups = fused ? fusedGroups() : byTensor(candidates.keySet());
    long first = groups.stream().mapToLong(group -> bits(group, 0)).sum();
    this.others = sizes.fileBytes(plans.apply(those(0))) * Byte.SIZE - first;
  }

  private Map<LinearLayer, LayerSettings> those(int candidate) {
    Map<LinearLayer, LayerSettings> settings = new LinkedHashMap<>();
    candidates.forEach(
        (layer, all) -> settings.put(layer, all.get(Math.min(candidate, all.size() - 1))));
    return settings;
  }

  /** Layers that lie in one tensor. */
  private List<List<LinearLayer>> byTensor(Set<LinearLayer> layers) {
    Map<Set<String>, List<LinearLayer>> groups = new LinkedHashMap<>();
    layers.forEach(
        layer -> groups.computeIfAbsent(tensor(layer), _ -> new ArrayList<>()).add(layer));
    return List.copyOf(groups.values());
  }

  /** Those of one site, and all that lie in one tensor with any of them. */
  private List<List<LinearLayer>> fusedGroups() {
    Map<Object, List<LinearLayer>> groups = new LinkedHashMap<>();
    for (List<LinearLayer> fused : FusedLayers.group(candidates.keySet())) {
      Set<Set<String>> together =
          fused.stream().map(this::tensor).collect(Collectors.toCollection(LinkedHashSet::new));
      groups.computeIfAbsent(together, _ -> new ArrayList<>()).addAll(fused);
    }
    return List.copyOf(groups.values());
  }

  private Set<String> tensor(LinearLayer layer) {
    return tensors.getFirst().keySet().stream()
        .filter(names -> names.contains(layer.weight()))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public List<List<LinearLayer>> groups() {
    return groups;
  }

  @Override
  public long bits(List<LinearLayer> group, int candidate) {
    return group.stream()
        .map(this::tensor)
        .distinct()
        .mapToLong(names -> tensors.get(candidate).get(names) * Byte.SIZE)
        .sum();
  }

  @Override
  public long others() {
    return others;
  }
}
