// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.kernel.Compute;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The forward pass against golden values of an independent numpy program (test/golden/forward.py).
 */
class GoldenForwardTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "llama-untied-multihead",
        "llama-biases",
        "llama3-scaling",
        "mistral-window",
        "qwen2",
        "qwen3"
      })
  void agreesWithNumpy(String name) throws IOException {
    JsonNode golden = golden(name);
    int[] tokens = ints(golden.path("tokens"));
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      TransformerModel model = model(checkpoint, compute);
      Matrix x = states(model, arena, tokens);
      int[] rows = ints(golden.path("stateRows"));
      for (int i = 0; i < rows.length; i++) {
        for (int c = 0; c < x.columns(); c++) {
          double expected = golden.path("states").path(i).path(c).asDouble();
          assertEquals(expected, x.get(rows[i], c), 2e-5, "state " + rows[i] + ", " + c);
        }
      }
      double[] loss = model.head().negativeLogLikelihood(x, ints(golden.path("targets")));
      for (int i = 0; i < loss.length; i++) {
        assertEquals(golden.path("loss").path(i).asDouble(), loss[i], 2e-5, "loss " + i);
      }
    }
  }

  @Test
  void sequencesDoNotSeeEachOther() throws IOException {
    JsonNode golden = golden("qwen3");
    int[] tokens = ints(golden.path("tokens"));
    int[] others = IntStream.of(tokens).map(t -> (t * 3 + 1) % 50).toArray();
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(1);
        Arena arena = Arena.ofShared()) {
      TransformerModel model = model(checkpoint, compute);
      Matrix alone = states(model, arena, tokens);
      Matrix together = states(model, arena, others, tokens, others);
      Matrix own = together.rowRange(tokens.length, 2 * tokens.length);
      for (int r = 0; r < alone.rows(); r++) {
        for (int c = 0; c < alone.columns(); c++) {
          assertEquals(alone.get(r, c), own.get(r, c), 1e-5f, r + ", " + c);
        }
      }
    }
  }

  @Test
  void chunksDoNotChangeTheResult() throws IOException {
    // More sequences than a chunk of 2,048 tokens holds.
    JsonNode golden = golden("llama");
    int[] tokens = ints(golden.path("tokens"));
    int[][] many = new int[100][];
    Arrays.fill(many, tokens);
    try (Checkpoint checkpoint = checkpoint(golden);
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      Matrix x = states(model(checkpoint, compute), arena, many);
      float[][] values = x.toArray();
      for (int r = tokens.length; r < values.length; r++) {
        assertArrayEquals(values[r % tokens.length], values[r], 1e-5f, "row " + r);
      }
    }
  }

  @Test
  void resultsDoNotDependOnThreads() throws IOException {
    JsonNode golden = golden("llama-biases");
    int[] tokens = ints(golden.path("tokens"));
    float[][] expected = null;
    for (int threads : new int[] {1, 2, 4}) {
      try (Checkpoint checkpoint = checkpoint(golden);
          Compute compute = Compute.create(threads);
          Arena arena = Arena.ofShared()) {
        float[][] values = states(model(checkpoint, compute), arena, tokens, tokens).toArray();
        expected = expected == null ? values : expected;
        for (int r = 0; r < values.length; r++) {
          assertArrayEquals(expected[r], values[r], threads + " threads, row " + r);
        }
      }
    }
  }

  private static Matrix states(TransformerModel model, Arena arena, int[]... sequences) {
    int length = sequences[0].length;
    int hidden = model.layout().config().hiddenSize();
    Matrix x = Matrix.allocate(arena, sequences.length * length, hidden);
    for (int i = 0; i < sequences.length; i++) {
      model.embed(sequences[i], x.rowRange(i * length, (i + 1) * length));
    }
    for (int block = 0; block < model.layout().config().layers(); block++) {
      model.block(block, arena).forward(x, length, LinearInputs.IGNORED);
    }
    return x;
  }

  private static TransformerModel model(Checkpoint checkpoint, Compute compute) {
    ModelLayout layout = ModelLayout.of(checkpoint.config());
    layout.check(checkpoint::tensor);
    return new TransformerModel(layout, checkpoint::tensor, compute);
  }

  private Checkpoint checkpoint(JsonNode golden) throws IOException {
    Path model = folder.resolve("model-" + System.nanoTime());
    SyntheticWeights.write(model, golden.path("config").toString(), DType.F32, Long.MAX_VALUE);
    return Checkpoint.open(model);
  }

  private static JsonNode golden(String name) throws IOException {
    String resource = "golden-" + name + ".json";
    try (InputStream content = GoldenForwardTest.class.getResourceAsStream(resource)) {
      return new ObjectMapper().readTree(content);
    }
  }

  private static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.path(i).asInt()).toArray();
  }
}
