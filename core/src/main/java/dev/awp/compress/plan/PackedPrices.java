// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.ConstraintOptions;
import dev.awp.model.LinearLayer;
import dev.awp.recipe.FusedLayers;
import dev.awp.recipe.LayerSettings;
import java.util.List;
import java.util.Map;

/** Layers whose codes are packed, whatever the format ({@link PackedSize}). */
record PackedPrices(
    Map<LinearLayer, List<LayerSettings>> candidates, boolean fused, Checkpoint checkpoint)
    implements Prices {
  @Override
  public List<List<LinearLayer>> groups() {
    return fused
        ? FusedLayers.group(candidates.keySet())
        : candidates.keySet().stream().map(List::of).toList();
  }

  @Override
  public long bits(List<LinearLayer> group, int candidate) {
    return group.stream()
        .mapToLong(
            layer ->
                PackedSize.bits(
                    layer,
                    ConstraintOptions.of(candidates.get(layer).get(candidate)),
                    checkpoint.tensor(layer.weight()).type().written()))
        .sum();
  }

  @Override
  public long others() {
    return PackedSize.others(checkpoint, candidates.keySet());
  }
}
