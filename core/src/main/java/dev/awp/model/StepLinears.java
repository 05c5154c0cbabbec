// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import java.util.ArrayList;
import java.util.List;

/** Gathers the linear layers of a step: names on disk, sites, shapes. */
final class StepLinears {
  private final ModelLayout layout;
  private final int block;
  private final List<LinearLayer> all = new ArrayList<>();

  StepLinears(ModelLayout layout, int block) {
    this.layout = layout;
    this.block = block;
  }

  List<LinearLayer> all() {
    return List.copyOf(all);
  }

  /** The projections of a feed-forward layer, or of the shared expert of a mixture. */
  void addFeedForward(String module, int width, boolean gated) {
    int hidden = layout.config().hiddenSize();
    List<String> inner =
        layout.architecture().projections().inner(gated).stream()
            .map(name -> module + name)
            .toList();
    List<Integer> rows = gated ? List.of(width, width) : List.of(width);
    add(inner, rows, InputSite.MLP_INPUT, hidden);
    add(
        List.of(module + layout.architecture().projections().down()),
        List.of(hidden),
        InputSite.MLP_OUTPUT,
        width);
  }

  /** Layers of one input; one name for several numbers of rows is a fused layer. */
  void add(List<String> modules, List<Integer> rows, InputSite site, int columns) {
    boolean fused = modules.size() == 1;
    int together = rows.stream().mapToInt(Integer::intValue).sum();
    for (int i = 0; i < modules.size(); i++) {
      int own = fused ? together : rows.get(i);
      all.add(new LinearLayer(layout.prefix(block) + modules.get(i), block, site, own, columns));
    }
  }
}
