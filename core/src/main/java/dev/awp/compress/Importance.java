// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress;

import dev.awp.compress.ErrorCurves.Measured;
import dev.awp.model.LinearLayer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** EXPERIMENT. */
final class Importance {
  private Importance() {}

  static Map<LinearLayer, List<Double>> errors(
      Map<LinearLayer, List<Measured>> curves, int blocks) {
    String metric = System.getProperty("awp.metric", "relative");
    Map<LinearLayer, List<Double>> errors = new LinkedHashMap<>();
    curves.forEach(
        (layer, curve) ->
            errors.put(
                layer,
                curve.stream()
                    .map(
                        m -> {
                          double r = m.relative();
                          double size = PackedSize.weights(layer);
                          double depth = (double) layer.block() / blocks;
                          return switch (metric) {
                            case "response" -> m.error();
                            case "response-root" -> r * Math.sqrt(m.response());
                            case "response-early" -> m.error() * (1.5 - depth);
                            case "response-conv" -> m.error() * (1 + 20 * r);
                            case "size" -> r * size;
                            case "early" -> r * (1.5 - depth);
                            default -> r;
                          };
                        })
                    .toList()));
    return errors;
  }
}
