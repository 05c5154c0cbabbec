// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import dev.awp.calibration.SiteMoments;
import dev.awp.calibration.saved.SavedMoments;
import dev.awp.compress.plan.Schemes;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.report.LayerReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compresses all blocks on moments that were taken before: no activations flow. */
record SavedBlocks(Schemes schemes, SavedMoments moments, SiteCompressor sites) {
  /**
   * The reports of all layers, in their order.
   *
   * @param count blocks, the head's place among them where it is compressed
   */
  List<LayerReport> compress(int count) {
    List<LayerReport> reports = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      List<LinearLayer> layers = schemes.layers(index);
      SiteMoments ofBlock = moments.block(index);
      TreeMap<InputSite, List<LinearLayer>> bySite =
          layers.stream().collect(groupingBy(LinearLayer::site, TreeMap::new, toList()));
      Map<String, LayerReport> byName = new HashMap<>();
      bySite.forEach((site, ofSite) -> byName.putAll(sites.compress(site, ofSite, ofBlock)));
      layers.forEach(layer -> reports.add(byName.get(layer.name())));
    }
    return reports;
  }
}
