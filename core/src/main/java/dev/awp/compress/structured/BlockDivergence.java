// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.Progress;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.compress.estimate.WorkEstimate;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.HeadPair;
import dev.awp.model.forward.Stage;
import dev.awp.model.forward.TransformerModel;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * By what the model's predictions lose: the Kullback-Leibler divergence of the next token's
 * distribution from the original model's on the calibration text. The block whose removal, or that
 * of its attention, costs least goes first, and the others are measured anew without it.
 *
 * <p>All trials of a round go through the blocks together, so that the weights of each are decoded
 * once.
 */
final class BlockDivergence implements BlockMeasure {
  /** Tokens that go through the model for each trial. */
  private static final int TOKENS = 4096;

  @Override
  public String name() {
    return "divergence";
  }

  @Override
  public List<Integer> choose(
      TransformerModel model,
      CalibrationSet calibration,
      BlockRemoval removal,
      Path scratch,
      Progress progress) {
    List<Integer> removed = new ArrayList<>();
    try (ActivationStore embedded =
            ActivationStore.embed(model, calibration.first(TOKENS), scratch);
        ActivationStore reference = embedded.copy()) {
      pass(model, reference);
      while (removed.size() < removal.count()) {
        progress.step(
            "measuring blocks, %s of %s chosen".formatted(removed.size(), removal.count()));
        removed.add(cheapest(model, embedded, reference, removal, removed));
      }
    }
    return removed;
  }

  @Override
  public double flops(ModelLayout layout, CalibrationSet calibration, BlockRemoval removal) {
    double tokens = (double) calibration.first(TOKENS).size() * calibration.length();
    double forward = WorkEstimate.forward(layout, tokens, calibration.length());
    int blocks = layout.config().layers();
    int candidates = removal.candidates(layout).size();
    double flops = forward;
    for (int left = candidates; left > candidates - removal.count(); left--) {
      // Each trial goes through half of the blocks on average, and is compared with the original.
      double passes = (1 + left / 2.0) * left / blocks;
      flops += passes * forward + 2 * left * WorkEstimate.head(layout, tokens);
    }
    return flops;
  }

  private static void pass(TransformerModel model, ActivationStore states) {
    for (int block = 0; block < model.layout().config().layers(); block++) {
      try (Arena arena = Arena.ofShared()) {
        BlockRemoval.pass(BlockRemoval.whole(model, block, arena), states);
      }
    }
  }

  private static int cheapest(
      TransformerModel model,
      ActivationStore embedded,
      ActivationStore reference,
      BlockRemoval removal,
      List<Integer> removed) {
    Map<Integer, ActivationStore> trials = new LinkedHashMap<>();
    List<Integer> candidates = removal.candidates(model.layout());
    try (ActivationStore states = embedded.copy()) {
      for (int block : removal.there(model.layout())) {
        try (Arena arena = Arena.ofShared()) {
          List<Stage> rest = removal.rest(model, block, arena);
          List<Stage> own =
              removed.contains(block) ? rest : BlockRemoval.whole(model, block, arena);
          trials.values().forEach(trial -> BlockRemoval.pass(own, trial));
          if (candidates.contains(block) && !removed.contains(block)) {
            ActivationStore trial = states.copy();
            trials.put(block, trial);
            BlockRemoval.pass(rest, trial);
          }
          BlockRemoval.pass(own, states);
        }
      }
      return cheapest(model, reference, trials);
    } finally {
      trials.values().forEach(ActivationStore::close);
    }
  }

  private static int cheapest(
      TransformerModel model, ActivationStore reference, Map<Integer, ActivationStore> trials) {
    HeadPair heads = HeadPair.of(model.head(), model.head());
    int cheapest = -1;
    double least = Double.POSITIVE_INFINITY;
    try (Arena arena = Arena.ofShared()) {
      Matrix dense = reference.states();
      Matrix p = Matrix.allocate(arena, dense.rows(), dense.columns());
      for (Map.Entry<Integer, ActivationStore> trial : trials.entrySet()) {
        p.copyFrom(dense);
        double[] all = heads.compare(p, trial.getValue().states(), new int[p.rows()]).divergences();
        double divergence = Arrays.stream(all).sum();
        if (divergence < least || cheapest < 0) {
          least = divergence;
          cheapest = trial.getKey();
        }
      }
    }
    return cheapest;
  }
}
