// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * By how little a block turns the hidden states: 1 - mean cos(before, behind), the Block Influence
 * of Men et al., "ShortGPT: Layers in Large Language Models are More Redundant Than You Expect",
 * 2024. Measured once, in the whole model.
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
      int count,
      Path scratch,
      Progress progress) {
    int blocks = model.layout().config().layers();
    double[] influence = new double[blocks];
    try (ActivationStore states = ActivationStore.embed(model, calibration.windows(), scratch);
        ActivationStore before = states.copy()) {
      for (int block = 0; block < blocks; block++) {
        progress.step("block %s: measuring".formatted(block + 1));
        before.states().copyFrom(states.states());
        try (Arena arena = Arena.ofShared()) {
          model.block(block, arena).forward(states.states(), states.length(), LinearInputs.IGNORED);
        }
        influence[block] = 1 - meanCosine(before.states(), states.states());
      }
    }
    return IntStream.range(0, blocks)
        .boxed()
        .sorted(
            Comparator.<Integer>comparingDouble(block -> influence[block])
                .thenComparing(block -> block))
        .limit(count)
        .toList();
  }

  private static double meanCosine(Matrix some, Matrix other) {
    double sum = 0;
    for (int row = 0; row < some.rows(); row++) {
      double product = 0;
      double squares = 0;
      double otherSquares = 0;
      for (int j = 0; j < some.columns(); j++) {
        double a = some.get(row, j);
        double b = other.get(row, j);
        product += a * b;
        squares += a * a;
        otherSquares += b * b;
      }
      double norms = Math.sqrt(squares * otherSquares);
      sum += norms > 0 ? product / norms : 0;
    }
    return sum / some.rows();
  }
}
