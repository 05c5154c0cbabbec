// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Methods side by side: comparison.json.
 *
 * @param awp version of the program
 * @param environment Java, operating system, kernels, BLAS and threads
 * @param options of the comparison
 * @param model what the original takes
 * @param cells one for each constraint and method, constraint by constraint
 */
public record ComparisonReport(
    String awp,
    Map<String, String> environment,
    Map<String, Object> options,
    ModelSize model,
    List<Cell> cells) {
  public ComparisonReport {
    model = Objects.requireNonNullElse(model, ModelSize.UNKNOWN);
    environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    cells = List.copyOf(cells);
  }

  /**
   * One method on one constraint.
   *
   * @param constraint in words
   * @param method the solver's name
   * @param summary means over the layers; seconds are those of the solves
   * @param size what the model takes then
   * @param meanGemmEquivalents mean cost of a layer in units of 2 dOut dIn^2 flops
   * @param perplexity one entry for each text
   * @param layers in the order of the model
   */
  public record Cell(
      String constraint,
      String method,
      RunReport.Summary summary,
      ModelSize size,
      double meanGemmEquivalents,
      List<PerplexityReport> perplexity,
      List<LayerReport> layers) {
    public Cell {
      // Cells of earlier versions have none.
      size = Objects.requireNonNullElse(size, ModelSize.UNKNOWN);
      perplexity = List.copyOf(perplexity);
      layers = List.copyOf(layers);
    }
  }
}
