// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Methods side by side: comparison.json.
 *
 * @param awp version of the program
 * @param environment Java, operating system, kernels, BLAS and threads
 * @param options of the comparison
 * @param cells one for each constraint and method, constraint by constraint
 */
public record ComparisonReport(
    String awp, Map<String, String> environment, Map<String, Object> options, List<Cell> cells) {
  public ComparisonReport {
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
   * @param meanGemmEquivalents mean cost of a layer in units of 2 dOut dIn^2 flops
   * @param perplexity one entry for each text
   * @param layers in the order of the model
   */
  public record Cell(
      String constraint,
      String method,
      RunReport.Summary summary,
      double meanGemmEquivalents,
      List<PerplexityReport> perplexity,
      List<LayerReport> layers) {
    public Cell {
      perplexity = List.copyOf(perplexity);
      layers = List.copyOf(layers);
    }
  }
}
