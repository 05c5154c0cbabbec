// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.calibration.CalibrationSet;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.LlamaCppArchitectures;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.HeadPair;
import dev.awp.model.forward.TransformerModel;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWindow;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers that go through a model one by one, against whole models with one changed tensor. */
class InfluenceTest {
  private static final int LENGTH = 24;
  private static final int WINDOWS = 5;

  @TempDir private Path folder;

  private static CalibrationSet windows() {
    List<TokenWindow> windows = new ArrayList<>();
    for (int w = 0; w < WINDOWS; w++) {
      int[] window = new int[LENGTH];
      for (int i = 0; i < LENGTH; i++) {
        window[i] = (w * 37 + i * i * 11 + i) % 200;
      }
      windows.add(TokenWindow.of(window));
    }
    return new CalibrationSet(windows, LENGTH, WINDOWS * LENGTH, List.of());
  }

  /** Some weights are too small: not all, or a norm behind the layer would make up for it. */
  private static Matrix changed(TransformerModel model, LinearLayer layer, float by, Arena arena) {
    Matrix w = model.weights(layer, arena);
    Matrix t = Matrix.allocate(arena, w.rows(), w.columns());
    for (int r = 0; r < w.rows(); r++) {
      for (int j = 0; j < w.columns(); j++) {
        t.set(r, j, w.get(r, j) * (1 - by * ((r + j) % 3)));
      }
    }
    return t;
  }

  private static Map<LinearLayer, Double> measure(
      TransformerModel model, float by, Path scratch, Arena arena) {
    try (Influence influence = Influence.of(model, windows(), scratch)) {
      int blocks = model.layout().config().layers();
      for (int block = 0; block < blocks; block++) {
        for (LinearLayer layer : model.layout().linears(block)) {
          influence.probe(layer, changed(model, layer, by, arena));
        }
        influence.advance(block);
      }
      return influence.divergences();
    }
  }

  /** D(p || q) by the definition, from the hidden states of whole models. */
  private static double direct(TransformerModel p, TransformerModel q, Arena arena) {
    double sum = 0;
    for (TokenWindow window : windows().windows()) {
      Matrix a = hidden(p, window.tokens(), arena);
      Matrix b = hidden(q, window.tokens(), arena);
      for (double d : divergences(p, q, a, b)) {
        sum += d;
      }
    }
    return sum / (WINDOWS * LENGTH);
  }

  private static double[] divergences(
      TransformerModel p, TransformerModel q, Matrix ofP, Matrix ofQ) {
    return HeadPair.of(p.head(), q.head()).compare(ofP, ofQ, new int[ofP.rows()]).divergences();
  }

  private static Matrix hidden(TransformerModel model, int[] window, Arena arena) {
    Matrix x = Matrix.allocate(arena, LENGTH, model.layout().columns().width());
    model.embed(window, x);
    for (int block = 0; block < model.layout().config().layers(); block++) {
      model.block(block, arena).forward(x, LENGTH, (_, _) -> {});
    }
    return x;
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gemma2"})
  void everyLayerIsWhatTheWholeModelWithItWouldBe(String name) throws IOException {
    Path path = folder.resolve("model");
    String config = LlamaCppArchitectures.config(name).put("num_hidden_layers", 3).toString();
    SyntheticWeights.write(path, config, DType.F32, Long.MAX_VALUE);
    try (Checkpoint checkpoint = Checkpoints.open(path);
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      Map<LinearLayer, Double> measured = measure(model, 0.1f, folder, arena);
      assertEquals(layout.linears().size(), measured.size());
      for (LinearLayer layer : List.of(layout.linears().get(2), layout.linears().getLast())) {
        Matrix t = changed(model, layer, 0.1f, arena);
        double direct = direct(model, model.with(Influence.replaced(layer, t)), arena);
        assertTrue(direct > 0, layer.name());
        assertEquals(direct, measured.get(layer), 1e-4 * direct, layer.name());
      }
      for (double nothing : measure(model, 0, folder, arena).values()) {
        assertEquals(0, nothing);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"qwen3, true", "qwen3, false", "gemma4-per-layer, true", "gemma4-per-layer, false"})
  void theEndsAreWhatTheWholeModelWithThemWouldBe(String name, boolean tied) throws IOException {
    Path path = folder.resolve("model");
    ObjectNode config = LlamaCppArchitectures.config(name);
    config.put("num_hidden_layers", 2).put("tie_word_embeddings", tied).remove("layer_types");
    SyntheticWeights.write(path, config.toString(), DType.F32, Long.MAX_VALUE);
    try (Checkpoint checkpoint = Checkpoints.open(path);
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      LinearLayer head = layout.head().orElseGet(layout::tiedHead);
      LinearLayer embedding = layout.tokenLayer();
      Map<LinearLayer, Double> measured;
      try (Influence influence = Influence.of(model, windows(), folder)) {
        if (!tied) {
          influence.probe(embedding, changed(model, embedding, 0.1f, arena));
        }
        for (int block = 0; block < 2; block++) {
          influence.advance(block);
        }
        influence.probe(head, changed(model, head, 0.1f, arena));
        measured = influence.divergences();
      }
      assertEquals(tied ? 1 : 2, measured.size());
      measured.forEach(
          (layer, divergence) -> {
            Matrix t = changed(model, layer, 0.1f, arena);
            double direct = direct(model, model.with(Influence.replaced(layer, t)), arena);
            assertTrue(direct > 0, layer.name());
            assertEquals(direct, divergence, 1e-4 * direct, layer.name());
          });
    }
  }

  @Test
  void divergenceIsThatOfTheDistributions() throws IOException {
    Path path = folder.resolve("model");
    LlamaCppArchitectures.write(path, "gemma2", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(path);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      int tokens = 7;
      int vocabulary = layout.config().vocabularySize();
      double[][] p = likelihoods(model, tokens, 1, vocabulary, arena);
      double[][] q = likelihoods(model, tokens, 2, vocabulary, arena);
      double[] measured =
          divergences(
              model, model, states(model, tokens, 1, arena), states(model, tokens, 2, arena));
      for (int i = 0; i < tokens; i++) {
        double expected = 0;
        for (int v = 0; v < vocabulary; v++) {
          expected += Math.exp(-p[v][i]) * (q[v][i] - p[v][i]);
        }
        assertTrue(expected > 0.01);
        assertEquals(expected, measured[i], 1e-4 * expected);
      }
    }
  }

  private static Matrix states(TransformerModel model, int tokens, int seed, Arena arena) {
    Matrix x = Matrix.allocate(arena, tokens, model.layout().config().hiddenSize());
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < x.columns(); j++) {
        x.set(i, j, (float) Math.sin(seed * 3 + i * 7 + j * (seed + 1)));
      }
    }
    return x;
  }

  /** Negative log-likelihoods of every token, [vocabulary][tokens]. */
  private static double[][] likelihoods(
      TransformerModel model, int tokens, int seed, int vocabulary, Arena arena) {
    double[][] all = new double[vocabulary][];
    for (int v = 0; v < vocabulary; v++) {
      int[] targets = new int[tokens];
      Arrays.fill(targets, v);
      all[v] = model.head().negativeLogLikelihood(states(model, tokens, seed, arena), targets);
    }
    return all;
  }
}
