// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.calibration.ActivationStore;
import dev.awp.model.forward.TransformerModel;
import dev.awp.report.StructureReport.Part;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Chooses the experts of one mixture that stay.
 *
 * @param model the original one
 */
record ExpertPruning(TransformerModel model, ExpertMeasure measure) {
  /**
   * Those with the largest scores; among equal ones the first.
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
}
