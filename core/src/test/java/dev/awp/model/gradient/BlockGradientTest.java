// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Derivatives of blocks of many architectures against differences of what they compute. */
class BlockGradientTest {
  private static final int LENGTH = 7;
  private static final int ROWS = 2 * LENGTH;

  @TempDir private Path folder;

  // Norms before, behind, of both kinds, of heads in all ways; pairs rotated in all ways or not at
  // all; windows and chunks; caps; biases; fused layers; multipliers; both steps at once; one step
  // alone; feed-forward layers without gates; attention with gates of its outputs; values that are
  // normed, keys, or another block's; vectors of tokens; blocks that are multiplied.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cohere-normed",
        "gemma2",
        "glm4",
        "granite",
        "llama-biases",
        "llama4",
        "ministral3-window",
        "olmo2",
        "phi3-partial-longrope",
        "qwen3",
        "smollm3",
        "mixtral",
        "deepseek-v2",
        "granite-hybrid-dense",
        "nemotron-h",
        "nemotron-h-experts",
        "qwen3.5",
        "gemma4",
        "gemma4-pattern",
        "gemma4-moe",
        "gemma4-per-layer",
        "gemma4-shared"
      })
  void agreesWithTheBlockAndItsDifferences(String name) throws IOException {
    String config = golden(name).path("config").toString();
    Path model = folder.resolve(name);
    SyntheticWeights.write(model, config, DType.F32, Long.MAX_VALUE);
    try (Checkpoint checkpoint = Checkpoints.open(model);
        Compute compute = Compute.create(2)) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      for (int block : layout.blockKinds()) {
        if (BlockGradient.obstacle(layout, block).isEmpty()) {
          check(layout, block, checkpoint, compute);
        } else {
          assertTrue(
              layout.config().block(block).experts().isPresent()
                  || layout.config().block(block).recurrence().isPresent()
                  || layout.columns().keys(block).isPresent()
                  || layout.config().block(block).attention().latent().isPresent(),
              name);
        }
      }
    }
  }

  private static void check(ModelLayout layout, int block, Checkpoint checkpoint, Compute compute) {
    try (Arena arena = Arena.ofShared()) {
      SplittableRandom random = new SplittableRandom(5);
      int hidden = layout.config().hiddenSize();
      Matrix x = random(arena, ROWS, layout.columns().width(), random);
      if (layout.columns().hasToken()) {
        for (int r = 0; r < ROWS; r++) {
          x.set(r, hidden, random.nextInt(layout.config().vocabularySize()));
        }
      }
      BlockGradient gradient =
          new BlockGradient(
              layout, block, checkpoint::tensor, ROWS, LENGTH, _ -> true, compute, arena);
      Matrix expected = Matrix.copyOf(arena, x.toArray());
      new TransformerModel(layout, checkpoint::tensor, compute)
          .block(block, arena)
          .forward(expected, LENGTH, LinearInputs.IGNORED);
      Matrix out = Matrix.copyOf(arena, x.toArray());
      gradient.forward(out);
      for (int r = 0; r < ROWS; r++) {
        for (int c = 0; c < hidden; c++) {
          assertEquals(expected.get(r, c), out.get(r, c), 2e-5f, r + ", " + c);
        }
      }
      Matrix by = random(arena, ROWS, hidden, random);
      Matrix toInput = Matrix.copyOf(arena, by.toArray());
      gradient.backward(toInput, 0);
      checkAlong(gradient, x, gradient.hidden(x), toInput, by, 1, "input", random, arena);
      for (LinearLayer linear : layout.linears(block)) {
        // The derivatives are those of the last backward pass, which no forward pass changes.
        checkAlong(
            gradient,
            x,
            gradient.weights(linear),
            gradient.derivatives(linear),
            by,
            0.1,
            linear.name(),
            random,
            arena);
      }
    }
  }

  /** Derivatives of the sum of by * f(x) along a random direction of what may be moved. */
  private static void checkAlong(
      BlockGradient gradient,
      Matrix x,
      Matrix moved,
      Matrix derivatives,
      Matrix by,
      double size,
      String what,
      SplittableRandom random,
      Arena arena) {
    Matrix direction = random(arena, moved.rows(), moved.columns(), random);
    float[][] start = moved.toArray();
    double expected = dot(derivatives, direction);
    double scale = Math.sqrt(dot(derivatives, derivatives) * dot(direction, direction));
    double step = 0.02 * size / Math.sqrt(moved.columns());
    double[] at = new double[4];
    double[] places = {-2, -1, 1, 2};
    for (int i = 0; i < places.length; i++) {
      for (int r = 0; r < moved.rows(); r++) {
        for (int c = 0; c < moved.columns(); c++) {
          moved.set(r, c, (float) (start[r][c] + places[i] * step * direction.get(r, c)));
        }
      }
      Matrix out = Matrix.copyOf(arena, x.toArray());
      gradient.forward(out);
      at[i] = dot(by, gradient.hidden(out));
    }
    for (int r = 0; r < moved.rows(); r++) {
      for (int c = 0; c < moved.columns(); c++) {
        moved.set(r, c, start[r][c]);
      }
    }
    // The difference of fourth order.
    double difference = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step);
    assertEquals(expected, difference, 2e-3 * scale, what);
  }

  private static double dot(Matrix a, Matrix b) {
    double sum = 0;
    for (int r = 0; r < a.rows(); r++) {
      for (int c = 0; c < a.columns(); c++) {
        sum += (double) a.get(r, c) * b.get(r, c);
      }
    }
    return sum;
  }

  private static Matrix random(Arena arena, int rows, int columns, SplittableRandom random) {
    Matrix x = Matrix.allocate(arena, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        x.set(r, c, (float) random.nextGaussian());
      }
    }
    return x;
  }

  private static JsonNode golden(String name) throws IOException {
    String resource = "golden-" + name + ".json";
    try (InputStream content = GoldenForwardTest.class.getResourceAsStream(resource)) {
      return new ObjectMapper().readTree(content);
    }
  }
}
