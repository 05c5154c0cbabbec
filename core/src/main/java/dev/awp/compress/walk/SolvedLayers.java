// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.walk;

import dev.awp.model.LinearLayer;
import dev.awp.report.LayerReport;
import dev.awp.solver.Solution;
import dev.awp.tensor.Matrix;

/** What is done with layers that are solved. */
interface SolvedLayers {
  /**
   * Sees a layer when its solution is written; everything is valid during the call only.
   *
   * @param target what the layer should be
   * @param c the metric
   */
  void solved(LinearLayer linear, Matrix target, Matrix c, Solution solution);

  /** Takes what is told of a layer, whose bytes are written. */
  void written(LayerReport report);
}
