// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.GoldenForwardTest;
import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Derivatives by the last block's weights against PyTorch's (scripts/architectures golden). */
class GoldenGradientTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-biases",
        "qwen3",
        "gemma2",
        "olmo2",
        "cohere-normed",
        "glm4",
        "gemma4",
        "gemma4-pattern",
        "gemma4-per-layer",
        "gemma4-shared"
      })
  void agreesWithAutograd(String name) throws IOException {
    JsonNode golden = json(GoldenForwardTest.class, "golden-" + name + ".json");
    JsonNode expected = json(GoldenGradientTest.class, "golden-gradients.json").path(name);
    int[] tokens =
        IntStream.range(0, golden.path("tokens").size())
            .map(i -> golden.path("tokens").path(i).asInt())
            .toArray();
    SyntheticWeights.write(
        folder.resolve(name), golden.path("config").toString(), DType.F32, Long.MAX_VALUE);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve(name));
        Compute compute = Compute.create(2);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      int last = layout.config().layers() - 1;
      Matrix x = Matrix.allocate(arena, tokens.length, layout.columns().width());
      model.embed(tokens, x);
      for (int block = 0; block < last; block++) {
        model.block(block, arena).forward(x, tokens.length, LinearInputs.IGNORED);
      }
      BlockGradient gradient =
          new BlockGradient(
              layout, last, checkpoint::tensor, x.rows(), x.rows(), _ -> true, compute, arena);
      gradient.forward(x);
      for (int r = 0; r < x.rows(); r++) {
        for (int c = 0; c < layout.config().hiddenSize(); c++) {
          x.set(r, c, ((7 * r + 3 * c) % 11 - 5) / 5f);
        }
      }
      gradient.backward(gradient.hidden(x), 0);
      assertEquals(expected.size(), layout.linears(last).size());
      for (LinearLayer linear : layout.linears(last)) {
        String key = linear.weight().substring(layout.prefix(last).length());
        check(expected.path(key), gradient.derivatives(linear), key);
      }
    }
  }

  /** The Frobenius norm, and four elements. */
  private static void check(JsonNode expected, Matrix derivatives, String what) {
    double norm = expected.path(0).asDouble();
    double squares = 0;
    for (float[] row : derivatives.toArray()) {
      for (float value : row) {
        squares += (double) value * value;
      }
    }
    assertEquals(norm, Math.sqrt(squares), 1e-5 * norm, what);
    for (int i = 0; i < 4; i++) {
      int at = (int) (i * (derivatives.size() - 1) / 3);
      float value = derivatives.get(at / derivatives.columns(), at % derivatives.columns());
      assertEquals(expected.path(1 + i).asDouble(), value, 1e-5 * norm, what + ", " + i);
    }
  }

  private static JsonNode json(Class<?> place, String resource) throws IOException {
    try (InputStream content = place.getResourceAsStream(resource)) {
      return new ObjectMapper().readTree(content);
    }
  }
}
