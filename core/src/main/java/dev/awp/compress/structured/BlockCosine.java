// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.compress.estimate.WorkEstimate;
import dev.awp.kernel.ArithmeticKernels;
import dev.awp.model.ModelLayout;
import dev.awp.model.StateColumns;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.tensor.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * By how little a block, or its attention, turns the hidden states: 1 - mean cos(before, behind),
 * the Block Influence of Men et al., "ShortGPT: Layers in Large Language Models are More Redundant
 * Than You Expect", 2024. Measured once, with all that is there.
 */
final class BlockCosine implements BlockMeasure {
  @Override
  public String name() {
    return "cosine";
  }

  @Override
  public List<Integer> choose(
      TransformerModel model,
      CalibrationSet calibration,
      BlockRemoval removal,
      Path scratch,
      Progress progress) {
    Map<Integer, Double> influence = new HashMap<>();
    StateColumns columns = model.layout().columns();
    ArithmeticKernels arithmetic = model.compute().kernels().arithmetic();
    try (ActivationStore states = ActivationStore.embed(model, calibration.windows(), scratch);
        ActivationStore before = states.copy()) {
      for (int block : removal.there(model.layout())) {
        progress.step("block %s: measuring".formatted(block + 1));
        List<Step> steps = model.layout().steps(block);
        for (Step step : steps) {
          // All of a block where it goes as a whole.
          boolean begins = step.equals(removal.step().orElse(steps.getFirst()));
          boolean ends = step.equals(removal.step().orElse(steps.getLast()));
          if (begins) {
            before.states().copyFrom(states.states());
          }
          states.advance(model, block, step);
          if (ends) {
            influence.put(
                block,
                1
                    - meanCosine(
                        columns.hidden(before.states()),
                        columns.hidden(states.states()),
                        arithmetic));
          }
        }
      }
    }
    return removal.candidates(model.layout()).stream()
        .sorted(Comparator.<Integer>comparingDouble(influence::get).thenComparing(block -> block))
        .limit(removal.count())
        .toList();
  }

  @Override
  public double flops(ModelLayout layout, CalibrationSet calibration, BlockRemoval removal) {
    double tokens = calibration.tokens();
    return WorkEstimate.forward(layout, tokens, calibration.length());
  }

  private static double meanCosine(Matrix some, Matrix other, ArithmeticKernels arithmetic) {
    double sum = 0;
    for (int row = 0; row < some.rows(); row++) {
      MemorySegment a = some.row(row);
      MemorySegment b = other.row(row);
      double norms = Math.sqrt(arithmetic.dot(a, a) * arithmetic.dot(b, b));
      sum += norms > 0 ? arithmetic.dot(a, b) / norms : 0;
    }
    return sum / some.rows();
  }
}
