// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.measure;

import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.model.LinearLayer;
import dev.awp.model.forward.DecoderBlock;
import dev.awp.model.forward.HeadPair;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.MemoryTensor;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the error of a single layer does to what the model predicts: the Kullback-Leibler divergence
 * of the next token's distribution from the original model's, where that layer alone is compressed.
 *
 * <p>All such models go through the blocks together: each begins as the dense model's states before
 * its layer's block, so that every block's weights are decoded once for all that have passed
 * theirs.
 */
final class Influence implements AutoCloseable {
  /** Tokens that go through each of the models. */
  private static final int TOKENS = 2048;

  /** Positions at which predictions are compared: heads of large vocabularies are dear. */
  private static final int POSITIONS = 512;

  private static final LinearInputs NOBODY = (_, _) -> {};

  private final TransformerModel model;
  private final ActivationStore dense;
  private final Map<LinearLayer, ActivationStore> probes = new LinkedHashMap<>();

  private Influence(TransformerModel model, ActivationStore dense) {
    this.model = model;
    this.dense = dense;
  }

  /**
   * Embeds the first of the calibration's windows.
   *
   * @param scratch folder of files of activations, without names, until this is closed
   */
  static Influence of(TransformerModel model, CalibrationSet calibration, Path scratch) {
    int windows = Math.clamp(TOKENS / calibration.length(), 1, calibration.windows().size());
    return new Influence(
        model, ActivationStore.embed(model, calibration.windows().subList(0, windows), scratch));
  }

  /**
   * Runs the block of a layer with other weights for that layer. The dense states must be those
   * before the block.
   *
   * @param weights T
   */
  void probe(LinearLayer layer, Matrix weights) {
    ActivationStore states = dense.copy();
    probes.put(layer, states);
    try (Arena arena = Arena.ofShared()) {
      model
          .with(replaced(layer, weights))
          .block(layer.block(), arena)
          .forward(states.states(), states.length(), NOBODY);
    }
  }

  /** A layer's tensor with other weights; nothing is copied. */
  static EncodedTensor replaced(LinearLayer layer, Matrix weights) {
    return new MemoryTensor(layer.weight(), weights);
  }

  /** Takes all models through a block, but for those that were given theirs in it. */
  void advance(int index) {
    try (Arena arena = Arena.ofShared()) {
      DecoderBlock block = model.block(index, arena);
      block.forward(dense.states(), dense.length(), NOBODY);
      probes.forEach(
          (layer, states) -> {
            if (layer.block() < index) {
              block.forward(states.states(), states.length(), NOBODY);
            }
          });
    }
  }

  /** Behind the last block: the mean divergence of every layer, in nats a token. */
  Map<LinearLayer, Double> divergences() {
    Map<LinearLayer, Double> divergences = new LinkedHashMap<>();
    try (Arena arena = Arena.ofShared()) {
      Matrix reference = some(dense.states(), arena);
      Matrix x = Matrix.allocate(arena, reference.rows(), reference.columns());
      Matrix p = Matrix.allocate(arena, reference.rows(), reference.columns());
      HeadPair heads = HeadPair.of(model.head(), model.head());
      int[] unused = new int[x.rows()];
      probes.forEach(
          (layer, states) -> {
            p.copyFrom(reference);
            take(states.states(), x);
            double[] all = heads.compare(p, x, unused).divergences();
            divergences.put(layer, Arrays.stream(all).sum() / x.rows());
          });
    }
    return divergences;
  }

  private static Matrix some(Matrix states, Arena arena) {
    Matrix some = Matrix.allocate(arena, Math.min(POSITIONS, states.rows()), states.columns());
    take(states, some);
    return some;
  }

  /** Rows at equal distances. */
  private static void take(Matrix states, Matrix some) {
    for (int i = 0; i < some.rows(); i++) {
      int row = (int) ((long) (i + 1) * states.rows() / some.rows()) - 1;
      some.row(i).copyFrom(states.row(row));
    }
  }

  @Override
  public void close() {
    dense.close();
    probes.values().forEach(ActivationStore::close);
  }
}
