// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.calibration.ActivationStore;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.StructureReport.Part;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Chooses the experts of one mixture that stay, and measures what is lost with the others.
 *
 * @param model the original one
 */
record ExpertPruning(TransformerModel model, ExpertMeasure measure) {
  /** Tokens that are enough to tell how much a mixture loses. */
  static final int TOKENS = WidthSplit.TOKENS;

  /**
   * Those with the largest scores; among equal ones the first. The error is not measured yet.
   *
   * @param kept how many stay
   * @param seen hidden states on their way into the mixture
   */
  Part prune(ExpertCut cut, int kept, ActivationStore seen) {
    int block = cut.step().block();
    double[] scores = measure.scores(model, block, seen);
    List<Integer> largest =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(expert -> -scores[expert])
                    .thenComparing(expert -> expert))
            .limit(kept)
            .sorted()
            .toList();
    return new Part(
        block,
        cut.step().step().name(),
        largest,
        0,
        0,
        seen.weights().counted(),
        Arrays.stream(scores).boxed().toList());
  }

  /**
   * The error of what the mixture adds to the hidden states, |y - y'|^2 / |y|^2 over the first
   * tokens, y by all experts and y' by those that stay, on the same inputs.
   *
   * @param pruned the model with those that stay
   * @param index of the block in it
   * @param seen hidden states on their way into the mixture
   */
  double error(ExpertCut cut, TransformerModel pruned, int index, ActivationStore seen) {
    Step step = cut.step().step();
    int windows = Math.clamp(TOKENS / seen.length(), 1, seen.states().rows() / seen.length());
    try (ActivationStore all = seen.copy(windows);
        ActivationStore left = seen.copy(windows)) {
      StateDistance distance =
          new StateDistance(model.compute().kernels().arithmetic(), all.weights());
      all.advance(model, cut.step().block(), step);
      left.advance(pruned, index, step);
      double lost = distance.between(all.states(), left.states());
      double added = distance.between(all.states(), seen.states().rowRange(0, all.states().rows()));
      return added > 0 ? lost / added : 0;
    }
  }
}
