// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.measure;

import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.DecoderBlock;
import dev.awp.model.forward.HeadPair;
import dev.awp.model.forward.OutputHead;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.stored.EncodedTensor;
import dev.awp.stored.MemoryTensor;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWindow;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the error of a single layer does to what the model predicts: the Kullback-Leibler divergence
 * of the next token's distribution from the original model's, where that layer alone is compressed.
 *
 * <p>All such models go through the blocks together: each begins as the dense model's states before
 * its layer's block, so that every block's weights are decoded once for all that have passed
 * theirs.
 */
public final class Influence implements AutoCloseable {
  /** Tokens that go through each of the models. */
  public static final int TOKENS = 2048;

  /** Positions at which predictions are compared: heads of large vocabularies are dear. */
  public static final int POSITIONS = 512;

  private static final LinearInputs NOBODY = (_, _) -> {};

  private final TransformerModel model;
  private final ActivationStore dense;
  private final List<TokenWindow> windows;
  private final Path scratch;
  private final Map<LinearLayer, ActivationStore> probes = new LinkedHashMap<>();
  private final Set<LinearLayer> finished = new HashSet<>();
  private final Map<LinearLayer, Double> divergences = new LinkedHashMap<>();

  private Influence(TransformerModel model, List<TokenWindow> windows, Path scratch) {
    this.model = model;
    this.windows = windows;
    this.scratch = scratch;
    this.dense = ActivationStore.embed(model, windows, scratch);
  }

  /**
   * Embeds the first of the calibration's windows.
   *
   * @param scratch folder of files of activations, without names, until this is closed
   */
  public static Influence of(TransformerModel model, CalibrationSet calibration, Path scratch) {
    return new Influence(model, calibration.first(TOKENS), scratch);
  }

  /**
   * Takes a model with other weights for a layer as far as the dense states are, which are those
   * before the layer's block: before the first one for the embedding, behind the last one for the
   * head.
   *
   * @param weights T
   */
  public void probe(LinearLayer layer, Matrix weights) {
    TransformerModel changed = model.with(replaced(layer, weights));
    int blocks = model.layout().config().layers();
    if (layer.block() == ModelLayout.BEFORE) {
      ActivationStore states = ActivationStore.embed(changed, windows, scratch);
      probes.put(layer, states);
      if (model.layout().tokenTable().isPresent()) {
        // Its blocks make vectors of tokens of the embedding, too.
        runAll(changed, states);
        finished.add(layer);
      }
    } else if (layer.block() < blocks) {
      ActivationStore states = dense.copy();
      probes.put(layer, states);
      run(changed, layer.block(), states);
    } else if (layer.weight().equals(model.layout().embedding())) {
      // What tokens begin as changes with what they are told by.
      try (ActivationStore states = ActivationStore.embed(changed, windows, scratch)) {
        runAll(changed, states);
        divergences.put(layer, divergence(changed.head(), states));
      }
    } else {
      divergences.put(layer, divergence(changed.head(), dense));
    }
  }

  private static void runAll(TransformerModel of, ActivationStore states) {
    for (int block = 0; block < of.layout().config().layers(); block++) {
      run(of, block, states);
    }
  }

  private static void run(TransformerModel of, int block, ActivationStore states) {
    try (Arena arena = Arena.ofShared()) {
      of.block(block, arena).forward(states.states(), states.length(), NOBODY);
    }
  }

  /** A layer's tensor with other weights; nothing is copied. */
  static EncodedTensor replaced(LinearLayer layer, Matrix weights) {
    return new MemoryTensor(layer.weight(), weights);
  }

  /** Takes all models through a block, but for those that were given theirs in it. */
  public void advance(int index) {
    try (Arena arena = Arena.ofShared()) {
      DecoderBlock block = model.block(index, arena);
      block.forward(dense.states(), dense.length(), NOBODY);
      probes.forEach(
          (layer, states) -> {
            if (layer.block() < index && !finished.contains(layer)) {
              block.forward(states.states(), states.length(), NOBODY);
            }
          });
    }
  }

  /** Behind the last block: the mean divergence of every layer, in nats a token. */
  public Map<LinearLayer, Double> divergences() {
    probes.forEach((layer, states) -> divergences.put(layer, divergence(model.head(), states)));
    return divergences;
  }

  /** The mean divergence of a head's predictions of some states, in nats a token. */
  private double divergence(OutputHead head, ActivationStore states) {
    try (Arena arena = Arena.ofShared()) {
      Matrix p = some(dense.states(), arena);
      Matrix q = some(states.states(), arena);
      int[] unused = new int[p.rows()];
      double[] all = HeadPair.of(model.head(), head).compare(p, q, unused).divergences();
      return Arrays.stream(all).sum() / p.rows();
    }
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
