// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.compress.estimate.WorkEstimate;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.text.TokenWeights;

/**
 * By what an expert adds where it is wanted: the mean, over the tokens that are sent to it, of its
 * share times the norm of its output. REAP's saliency, of Lasby et al., "REAP the Experts: Why
 * Pruning Prevails for One-Shot MoE compression", 2025 (arXiv 2510.13999). An expert to which no
 * token is sent has none.
 */
final class ExpertSaliency implements ExpertMeasure {
  @Override
  public String name() {
    return "reap";
  }

  @Override
  public double[] scores(TransformerModel model, int block, ActivationStore states) {
    TokenWeights weights = states.weights();
    return model.expertUse(block, states.states(), weights::get).means();
  }

  @Override
  public double flops(ModelLayout layout, CalibrationSet calibration) {
    double tokens = calibration.tokens();
    return WorkEstimate.forward(layout, tokens, calibration.length());
  }
}
