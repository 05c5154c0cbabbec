// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report.page;

import dev.awp.report.LayerReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where a layer stands in its model, as its name tells it: "model.layers.3.mlp.up_proj" is kind
 * "up_proj" of block 3.
 *
 * @param block its number; -1 where the name has none
 * @param kind the last part of the name
 */
public record LayerPlace(int block, String kind) {
  private static final Pattern BLOCK = Pattern.compile("\\.(\\d{1,6})\\.");

  static LayerPlace of(String name) {
    Matcher block = BLOCK.matcher(name);
    int number = block.find() ? Integer.parseInt(block.group(1)) : -1;
    return new LayerPlace(number, name.substring(name.lastIndexOf('.') + 1));
  }

  /** The mean relative error of each block's layers; those of no block are under -1. */
  public static SortedMap<Integer, Double> meanErrors(List<LayerReport> layers) {
    return layers.stream()
        .collect(
            Collectors.groupingBy(
                layer -> of(layer.name()).block(),
                TreeMap::new,
                Collectors.averagingDouble(LayerReport::relativeError)));
  }

  /** Layers by kind, kinds and layers in the order of the model. */
  static Map<String, List<LayerReport>> byKind(List<LayerReport> layers) {
    Map<String, List<LayerReport>> kinds = new LinkedHashMap<>();
    for (LayerReport layer : layers) {
      kinds.computeIfAbsent(of(layer.name()).kind(), kind -> new ArrayList<>()).add(layer);
    }
    return kinds;
  }
}
