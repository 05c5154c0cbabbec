// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.text.TokenWeights;
import java.util.Arrays;

/** By how many tokens are sent to an expert. */
final class ExpertTokens implements ExpertMeasure {
  @Override
  public String name() {
    return "tokens";
  }

  @Override
  public double[] scores(TransformerModel model, int block, ActivationStore states) {
    TokenWeights weights = states.weights();
    long[] routed = model.routedTokens(block, states.states(), token -> weights.get(token) > 0);
    return Arrays.stream(routed).asDoubleStream().toArray();
  }

  /** The routers alone. */
  @Override
  public double flops(ModelLayout layout, CalibrationSet calibration) {
    double tokens = calibration.tokens();
    long weights =
        layout.config().blocks().stream()
            .flatMap(block -> block.experts().stream())
            .mapToLong(experts -> (long) experts.count() * layout.config().hiddenSize())
            .sum();
    return 2 * tokens * weights;
  }
}
