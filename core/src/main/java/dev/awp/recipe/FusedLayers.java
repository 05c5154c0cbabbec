// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.AwpException;
import dev.awp.model.LinearLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Layers of a block that readers fuse into one: those with the same inputs. */
public final class FusedLayers {
  private FusedLayers() {}

  private record Place(int block, Object site) {}

  /** Groups layers that are fused, in their order. */
  public static List<List<LinearLayer>> group(Set<LinearLayer> layers) {
    Map<Place, List<LinearLayer>> groups = new LinkedHashMap<>();
    for (LinearLayer layer : layers) {
      groups
          .computeIfAbsent(new Place(layer.block(), layer.site()), _ -> new ArrayList<>())
          .add(layer);
    }
    return List.copyOf(groups.values());
  }

  /**
   * Refuses different settings within a group.
   *
   * @throws AwpException that names all offending layers at once
   */
  static void check(Map<LinearLayer, LayerSettings> settled) {
    String offending =
        group(settled.keySet()).stream()
            .filter(
                group ->
                    group.stream().map(settled::get).map(LayerSettings::scheme).distinct().count()
                        > 1)
            .flatMap(List::stream)
            .map(LinearLayer::name)
            .collect(Collectors.joining(", "));
    if (!offending.isEmpty()) {
      throw new AwpException(
          "layers that a reader fuses must share sparsity, bits, groups and symmetry, these do not: "
              + offending);
    }
  }
}
